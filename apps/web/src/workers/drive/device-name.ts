// What this browser calls itself where a person sees it among others: enough to tell them apart, and nothing a page could not say of it anyway.

/** As in `Firefox · Windows`; words that both languages share. */
export function deviceName(agent: string = navigator.userAgent): string {
  return [browserOf(agent), systemOf(agent)].filter((part) => part !== '').join(' · ') || 'Web';
}

/** The first that fits: most browsers also name the one they descend from. */
const browsers = [
  ['Edg', 'Edge'],
  ['OPR/', 'Opera'],
  ['Vivaldi', 'Vivaldi'],
  ['SamsungBrowser', 'Samsung Internet'],
  ['Firefox', 'Firefox'],
  ['FxiOS', 'Firefox'],
  ['CriOS', 'Chrome'],
  ['Chrome', 'Chrome'],
  ['Safari', 'Safari'],
] as const;

const systems = [
  ['iPhone', 'iPhone'],
  ['iPad', 'iPad'],
  ['Android', 'Android'],
  ['CrOS', 'ChromeOS'],
  ['Windows', 'Windows'],
  ['Mac OS X', 'Mac'],
  ['Linux', 'Linux'],
] as const;

function browserOf(agent: string): string {
  return browsers.find(([sign]) => agent.includes(sign))?.[1] ?? '';
}

function systemOf(agent: string): string {
  return systems.find(([sign]) => agent.includes(sign))?.[1] ?? '';
}

// The look of the operator's page: the colours and sizes of the app (apps/web/src/styles), in one sheet that needs nothing else.
import { createHash } from 'node:crypto';

export const style = `
:root { color-scheme: light dark; --bg: light-dark(#faf9f5, #0e1016); --surface: light-dark(#fff, #161920); --line: light-dark(#dbd9d2, #2f333b); --control: light-dark(#838076, #6f7581); --ink: light-dark(#12161f, #f1f0ec); --ink2: light-dark(#424853, #c6c4bd); --link: light-dark(#1c45c2, #93b6ff); --danger: light-dark(#b7191c, #fb817a); --ok: light-dark(#0a693c, #6cd092) }
*, ::before, ::after { box-sizing: border-box }
body { margin: 0; padding: 24px clamp(16px, 4vw, 48px) 64px; background: var(--bg); color: var(--ink); font: 400 15px/21px system-ui, sans-serif; font-variant-numeric: tabular-nums; overflow-wrap: anywhere }
main { max-width: 1080px; margin: 0 auto; display: grid; gap: 32px }
header { display: flex; flex-wrap: wrap; gap: 8px 24px; align-items: center; justify-content: space-between }
h1 { margin: 0; font-size: 26px; line-height: 30px; letter-spacing: -.02em }
h2 { margin: 0 0 12px; font-size: 17px; line-height: 24px }
p, ul, dl { margin: 0; padding: 0 } ul { list-style: none; display: grid; gap: 12px }
a { color: var(--link); text-underline-offset: .2em }
:focus-visible { outline: 2px solid var(--link); outline-offset: 2px; border-radius: 3px }
.columns { display: grid; gap: 32px; grid-template-columns: repeat(auto-fit, minmax(min(100%, 320px), 1fr)) }
.sandbox { padding: 8px 12px; border: 1px solid var(--control); border-radius: 6px }
.told { padding: 12px 16px; border-radius: 6px; border: 1px solid var(--ok); color: var(--ok); font-weight: 600 }
.alarm { padding: 16px; border-radius: 6px; border: 2px solid var(--danger); background: var(--surface); display: grid; gap: 12px }
.alarm b { color: var(--danger) }
.card { padding: 16px; border: 1px solid var(--line); border-radius: 6px; background: var(--surface); display: grid; gap: 8px }
table { width: 100%; border-collapse: collapse } th { text-align: start; font-weight: 400 } td { text-align: end; white-space: nowrap; padding-inline-start: 16px }
th, td { padding-block: 6px; border-bottom: 1px solid var(--line); vertical-align: baseline } tr.sum th, tr.sum td { font-weight: 700; border-bottom: 0 }
.quiet { color: var(--ink2); font-size: 13px; line-height: 18px } .mono { font-family: ui-monospace, monospace; font-size: 13px }
form { display: flex; flex-wrap: wrap; gap: 8px } form.entry { display: grid; gap: 12px; max-width: 420px }
button { min-height: 44px; padding: 9px 18px; border: 1px solid var(--control); border-radius: 6px; background: none; color: var(--ink); font: 600 15px/20px system-ui, sans-serif; cursor: pointer }
button.ink { background: var(--ink); border-color: var(--ink); color: var(--bg) } button.danger { color: var(--danger); border-color: currentColor }
input { width: 100%; min-height: 44px; padding: 9px 12px; border: 1px solid var(--control); border-radius: 6px; background: var(--surface); color: inherit; font: 16px/24px system-ui, sans-serif }
details[open] { display: grid; gap: 8px } summary { min-height: 44px; display: inline-flex; align-items: center; color: var(--link); cursor: pointer; font-weight: 600 }
`;

export const styleHash = `'sha256-${createHash('sha256').update(style).digest('base64')}'`;

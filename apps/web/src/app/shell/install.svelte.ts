// The browser's own offer to install the app, kept until there is a reason to pass it on: something of the person's is in the drive. Said once; refused,
// it never comes back.
const stored = 'reprise.install';

/** What Chromium fires where the app can be installed; other browsers have a menu for it. */
type InstallOffer = Event & { prompt(): Promise<unknown> };

let offer: InstallOffer | null = $state.raw(null);
let refused = $state(localStorage.getItem(stored) !== null);

export const install = {
  get offered(): boolean {
    return offer !== null && !refused;
  },
  async take(): Promise<void> {
    const asked = offer;
    offer = null;
    await asked?.prompt();
  },
  refuse(): void {
    refused = true;
    localStorage.setItem(stored, 'no');
  },
};

/** Call early: the offer comes once. */
export function keepInstallOffer(): void {
  addEventListener('beforeinstallprompt', (event) => {
    event.preventDefault();
    offer = event as InstallOffer;
  });
}

// A part that this page loads late and that does not come: the server has a newer build, and this browser kept none of the page's own; or there is
// no network. spec/web.md "Offline shell".

/** As Chromium, Firefox and Safari say it of an `import()`, and the bundler of the styles that belong to one: none gives it a code. */
const said = /dynamically imported module|importing a module script failed|unable to preload css/i;

export function isMissingPart(error: unknown): boolean {
  return error instanceof Error && said.test(error.message);
}

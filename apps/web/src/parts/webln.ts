// The wallet of a browser's extension, if there is one: it pays an invoice after asking its person itself. https://www.webln.guide.

type WebLn = { enable(): Promise<void>; sendPayment(invoice: string): Promise<unknown> };

/** Extensions put themselves into a page while it loads: asked when it is shown. @returns null where there is none */
export function payByExtension(): ((invoice: string) => Promise<void>) | null {
  const extension = (globalThis as { readonly webln?: WebLn }).webln;
  if (!extension) return null;
  return async (invoice) => {
    await extension.enable();
    await extension.sendPayment(invoice);
  };
}

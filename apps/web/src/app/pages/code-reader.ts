// Reads QR codes out of a picture of the camera where the browser can. Not in any standard library of types yet.

type Detector = { detect(source: HTMLVideoElement): Promise<readonly { readonly rawValue: string }[]> };
type DetectorClass = new (options: { readonly formats: readonly string[] }) => Detector;

const detectorClass = (): DetectorClass | undefined => (globalThis as { readonly BarcodeDetector?: DetectorClass }).BarcodeDetector;

export function canReadCodes(): boolean {
  return detectorClass() !== undefined && navigator.mediaDevices !== undefined;
}

/** @returns the text of a code in the picture, or null. A picture that is not there yet shows none. */
export function codeReader(): (video: HTMLVideoElement) => Promise<string | null> {
  const Class = detectorClass();
  const detector = Class && new Class({ formats: ['qr_code'] });
  return async (video) => {
    const found = await detector?.detect(video).catch(() => []);
    return found?.[0]?.rawValue ?? null;
  };
}

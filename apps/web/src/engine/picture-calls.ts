// Every call about small pictures that crosses a thread: from the drive worker to the worker that draws them, and to the page, which alone can
// show a film and so take a frame of it. spec/web.md "Thumbnails".

/** JPEG or WebP; null where nothing could be drawn. */
export type Drawn = Uint8Array<ArrayBuffer> | null;

export type DrawingCalls = {
  /** `file` is read as far as needed, and decoded if it is a picture of a bearable size. */
  readonly draw: { readonly takes: { readonly file: Blob }; readonly gives: { readonly thumbnail: Drawn; readonly takenS: number | null } };
  readonly drawFrame: { readonly takes: { readonly frame: ImageBitmap }; readonly gives: Drawn };
};

export type FrameCalls = {
  /** A frame from near the beginning of a film, which lies in a file or behind a grant; null where this browser does not play it. */
  readonly frameOf: { readonly takes: { readonly from: Blob | { readonly grant: string } }; readonly gives: ImageBitmap | null };
};

// Every call between the page, the engine worker and the KDF worker: one table each way. What screens see is port.ts; what is
// here crosses a thread.
import type { Bytes } from '@reprise/kit';
import type { OpaquePlace, OpaqueState, Passphrase } from '@reprise/vault/account';
import type { FromServiceWorker } from '../sw/messages.ts';
import type {
  Allowance,
  ArchiveEntry,
  EngineFailure,
  Entry,
  LinkChange,
  ManagedLink,
  ManagedSpace,
  OpenFailure,
  ParcelOptions,
  ParcelState,
  PickedItem,
  Preview,
  Reattached,
  ReportReason,
  RowPhase,
  SaveState,
  SaveTarget,
  SendOptions,
  SinkKind,
} from './port.ts';
import type { Bought, Pocket, Pockets, PricedLink, Purchase } from './paid-port.ts';
import type { WorkerName } from './script-url.ts';

type Id = { readonly id: string };

export type ParcelFacts = Id & {
  readonly title: string;
  readonly kind: 'file' | 'folder' | 'several';
  readonly createdAt: number;
  readonly linkUrl: string;
  readonly manageUrl: string;
  readonly options: ParcelOptions;
  readonly state: ParcelState;
  /** Files in sending order. */
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  readonly rows: readonly RowChange[];
};
export type RowChange = readonly [index: number, phase: RowPhase, bytesDone: number, failure: EngineFailure | null];
export type ParcelChange = Id & { readonly state?: ParcelState; readonly options?: ParcelOptions; readonly rows?: readonly RowChange[] };
export type ParcelVerb = 'pause' | 'resume' | 'retry' | 'first';

export type OpenedLink = {
  readonly handle: string;
  readonly title: string;
  readonly kind: 'file' | 'folder' | 'several';
  readonly bytesTotal: number;
  readonly filesCount: number | null;
  readonly expiresAt: number | null;
  readonly downloadsLeft: number | null;
  readonly fingerprint: Uint8Array;
  readonly takesTips: boolean;
  readonly rootLength: number;
};
export type OpenedAnswer =
  | { readonly kind: 'needs-password' }
  | {
      readonly kind: 'growing';
      readonly percent: number | null;
      readonly bytesReceived: number;
      readonly bytesExpected: number | null;
      readonly link: OpenedLink | null;
    }
  | { readonly kind: 'ready'; readonly link: OpenedLink; readonly bought?: BoughtFacts }
  | { readonly kind: 'priced'; readonly priced: PricedFacts }
  | { readonly kind: 'failed'; readonly failure: OpenFailure };

/** What a page adds to this is its own. */
export type BoughtFacts = Omit<Bought, 'door'>;

/** A link that is sold; `purchase` follows as news. */
export type PricedFacts = Pick<
  PricedLink,
  'title' | 'bytes' | 'fingerprint' | 'price' | 'isFloor' | 'isJar' | 'salesEndAt' | 'worthless' | 'relays' | 'purpose'
> & {
  readonly handle: string;
  readonly purchase: Purchase;
};
export type PurchaseAct =
  | { readonly kind: 'look' | 'invoice' | 'other-way' | 'sandbox' | 'refund' }
  /** Whether the page is in sight. With the first of these it listens: what is due is done from then on, and told. */
  | { readonly kind: 'see'; readonly isSeen: boolean }
  | { readonly kind: 'choose'; readonly amount: number }
  | { readonly kind: 'token'; readonly token: string }
  | { readonly kind: 'pocket'; readonly from: Pocket };
export type PocketAct = { readonly kind: 'take-out' | 'move' } | { readonly kind: 'put-back'; readonly id: string };

/** A preview as the engine gives it: the page makes URLs of blobs and grants. */
export type EnginePreview =
  | { readonly kind: 'image'; readonly blob: Blob }
  | Extract<Preview, { kind: 'text' | 'archive' | 'none' }>
  | { readonly kind: 'pdf'; readonly bytesTotal: number }
  | { readonly kind: 'audio' | 'video'; readonly grant: string; readonly mediaType: string };

/** As `Subtitles`, before the page made a URL of it. */
export type SubtitlesFile = { readonly label: string; readonly language: string | null; readonly blob: Blob };

/** What can be saved at once; several entries become one zip. `inside`: one file of an archive. */
export type SavedTarget =
  | SaveTarget
  | { readonly kind: 'several'; readonly ids: readonly string[] }
  | { readonly kind: 'inside'; readonly archive: Entry; readonly member: ArchiveEntry };

export type SaveStart = Id & {
  /** The handle of what is open. */
  readonly link: string;
  readonly target: SavedTarget;
  readonly sink: SinkKind;
  readonly name: string;
  /** For `disk`: what the person chose. */
  readonly chosen: FileSystemFileHandle | FileSystemDirectoryHandle | null;
  /** Names the list of what was left out, in the person's language. */
  readonly errorsName: string;
};

/** What the page asks of the engine worker. */
export type EngineCalls = {
  readonly allowance: { readonly takes: null; readonly gives: Allowance };
  readonly startParcel: {
    readonly takes: { readonly items: readonly PickedItem[]; readonly options: SendOptions };
    readonly gives: ParcelFacts;
  };
  readonly restoreParcels: { readonly takes: null; readonly gives: readonly ParcelFacts[] };
  readonly forgetParcel: { readonly takes: Id; readonly gives: void };
  readonly actOnParcel: { readonly takes: Id & { readonly verb: ParcelVerb; readonly row: number | null }; readonly gives: void };
  readonly cancelParcel: { readonly takes: Id & { readonly row: number | null }; readonly gives: void };
  readonly changeParcel: { readonly takes: Id & { readonly options: Partial<SendOptions> }; readonly gives: void };
  readonly reattach: { readonly takes: Id & { readonly items: readonly PickedItem[] }; readonly gives: Reattached };
  readonly parcelHandles: { readonly takes: Id; readonly gives: readonly FileSystemFileHandle[] };
  readonly reattachHandles: { readonly takes: Id; readonly gives: boolean };

  readonly openLink: { readonly takes: { readonly fragment: string; readonly password: string | null }; readonly gives: OpenedAnswer };
  readonly openJar: { readonly takes: { readonly fragment: string }; readonly gives: PricedFacts | null };
  readonly actOnPurchase: { readonly takes: { readonly handle: string; readonly act: PurchaseAct }; readonly gives: void };
  readonly pockets: { readonly takes: null; readonly gives: Pockets };
  readonly actOnPockets: { readonly takes: PocketAct; readonly gives: void };
  readonly listFolder: {
    readonly takes: { readonly link: string; readonly folder: string | null };
    readonly gives: { readonly length: number };
  };
  readonly entries: {
    readonly takes: { readonly link: string; readonly folder: string | null; readonly start: number; readonly end: number };
    readonly gives: readonly Entry[];
  };
  readonly preview: { readonly takes: { readonly link: string; readonly entry: string }; readonly gives: EnginePreview };
  readonly previewInside: {
    readonly takes: { readonly link: string; readonly entry: string; readonly member: ArchiveEntry };
    readonly gives: EnginePreview;
  };
  readonly subtitles: {
    readonly takes: { readonly link: string; readonly entry: string };
    readonly gives: readonly SubtitlesFile[];
  };
  readonly readRange: {
    readonly takes: { readonly link: string; readonly entry: string; readonly start: number; readonly end: number };
    readonly gives: Uint8Array;
  };
  readonly dropGrant: { readonly takes: { readonly grant: string }; readonly gives: void };
  readonly report: {
    readonly takes: { readonly fragment: string; readonly reason: ReportReason; readonly text: string; readonly contact: string };
    readonly gives: { readonly reference: string };
  };
  readonly save: { readonly takes: SaveStart; readonly gives: void };
  readonly cancelSave: { readonly takes: Id; readonly gives: void };

  readonly openSpace: {
    readonly takes: { readonly fragment: string };
    readonly gives:
      | { readonly kind: 'open'; readonly handle: string; readonly space: ManagedSpace }
      | { readonly kind: 'failed'; readonly failure: OpenFailure };
  };
  readonly refreshSpace: { readonly takes: { readonly handle: string }; readonly gives: ManagedSpace };
  readonly createLink: {
    readonly takes: { readonly handle: string; readonly link: string; readonly options: SendOptions };
    readonly gives: { readonly made: ManagedLink; readonly space: ManagedSpace };
  };
  readonly changeLink: {
    readonly takes: { readonly handle: string; readonly link: string; readonly change: LinkChange };
    readonly gives: ManagedSpace;
  };
  readonly revokeLink: { readonly takes: { readonly handle: string; readonly link: string }; readonly gives: ManagedSpace };
  readonly deleteSpace: { readonly takes: { readonly handle: string }; readonly gives: ManagedSpace };
};

/** What the engine worker asks of the page that started it. */
export type PageCalls = {
  readonly startWorker: { readonly takes: { readonly name: WorkerName }; readonly gives: MessagePort };
  readonly parcelChanged: { readonly takes: ParcelChange; readonly gives: void };
  readonly purchaseChanged: { readonly takes: { readonly handle: string; readonly purchase: Purchase }; readonly gives: void };
  readonly pocketsChanged: { readonly takes: Pockets; readonly gives: void };
  readonly saveChanged: { readonly takes: Id & { readonly state: SaveState }; readonly gives: void };
  /** Announces a stream and opens it; null without a service worker. */
  readonly openStream: { readonly takes: Id & { readonly name: string; readonly size: number | null }; readonly gives: MessagePort | null };
  readonly closeStream: { readonly takes: Id; readonly gives: void };
  readonly pingServiceWorker: { readonly takes: null; readonly gives: Pick<FromServiceWorker, 'born' | 'streams'> | null };
  readonly handToBrowser: { readonly takes: { readonly blob: Blob; readonly name: string }; readonly gives: void };
};

export type KdfCalls = {
  readonly stretch: { readonly takes: { readonly password: string; readonly salt: Uint8Array }; readonly gives: Bytes };
};

type Kept = { readonly kept: OpaqueState; readonly response: Bytes; readonly place: OpaquePlace };

/** OPAQUE, in the worker that may run WebAssembly. */
export type OpaqueCalls = {
  readonly startRegistration: { readonly takes: Passphrase; readonly gives: { readonly kept: OpaqueState; readonly request: Bytes } };
  readonly finishRegistration: { readonly takes: Kept; readonly gives: { readonly record: Bytes; readonly exportKey: Bytes } };
  readonly startLogin: { readonly takes: Passphrase; readonly gives: { readonly kept: OpaqueState; readonly request: Bytes } };
  readonly finishLogin: { readonly takes: Kept; readonly gives: { readonly proof: Bytes; readonly exportKey: Bytes } };
};

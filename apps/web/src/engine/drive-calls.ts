// Every call between the page and the drive worker, as engine/calls.ts has them for links: what crosses a thread. What screens see is
// app/port.ts.
import type {
  Change,
  Clash,
  ClashAnswer,
  Colour,
  DriveLink,
  DriveState,
  EntryDetails,
  EntryId,
  FolderPlace,
  FolderView,
  KeptParcel,
  Moment,
  MomentCounts,
  NameBatch,
  PhotoTable,
  RewindPlan,
  TransferState,
  TrashItem,
  UnreadCounts,
  Usage,
  Version,
} from '../app/port.ts';
import type { PlanOutcome, PlansOnSale, PlanWish } from '../app/plans-port.ts';
import type { Payout, SaleCounts, SaleTerms, SaleWish, Statement } from '../app/sales-port.ts';
import type { RowChange } from './calls.ts';
import type { PurseCalls } from './purse.ts';
import type { LinkChange, PickedItem, Reattached, SendOptions } from './port.ts';

type Id = { readonly id: EntryId };
type Ids = { readonly ids: readonly EntryId[] };
export type Answers = Readonly<Record<string, ClashAnswer>>;

/** A change that was made; `undo` names it for `undo`, null where there is nothing to take back. */
export type Done = {
  readonly count: number;
  readonly undo: string | null;
  /** What of several entries could not be done, and why. */
  readonly refused?: Change['refused'];
};

export type TransferFacts = {
  readonly id: string;
  readonly title: string;
  readonly kind: 'file' | 'folder' | 'several';
  readonly createdAt: number;
  readonly folderId: EntryId;
  readonly files: readonly { readonly path: string; readonly bytes: number }[];
  /** The kept parcel that it copies. */
  readonly parcel: string | null;
  readonly state: TransferState;
  readonly rows: readonly RowChange[];
  /** This tab sends it; else another of this browser. */
  readonly isHere: boolean;
};
export type TransferChange = {
  readonly id: string;
  readonly state: TransferState;
  readonly rows: readonly RowChange[];
  readonly isHere: boolean;
};
export type TransferVerb = 'pause' | 'resume' | 'retry' | 'first';

/** What the page asks of an open drive. */
export type DriveCalls = PurseCalls & {
  readonly follow: { readonly takes: Id; readonly gives: FolderView };
  /** The rows of a folder that was followed stand on the screen. */
  readonly drawn: { readonly takes: null; readonly gives: void };
  readonly unfollow: { readonly takes: Id; readonly gives: void };
  readonly details: { readonly takes: Id; readonly gives: EntryDetails };
  readonly subfolders: { readonly takes: Id; readonly gives: readonly FolderPlace[] };
  readonly makeFolder: { readonly takes: Id & { readonly name: string }; readonly gives: Done & { readonly id: EntryId } };
  readonly rename: { readonly takes: Id & { readonly name: string }; readonly gives: Done };
  readonly clashes: { readonly takes: Ids & { readonly to: EntryId }; readonly gives: readonly Clash[] };
  readonly move: { readonly takes: Ids & { readonly to: EntryId; readonly answers: Answers }; readonly gives: Done };
  readonly copy: { readonly takes: Ids & { readonly to: EntryId; readonly answers: Answers }; readonly gives: Done };
  readonly remove: { readonly takes: Ids; readonly gives: Done };
  readonly star: { readonly takes: Ids & { readonly on: boolean }; readonly gives: Done };
  readonly paint: { readonly takes: Ids & { readonly colour: Colour }; readonly gives: Done };
  readonly undo: { readonly takes: { readonly undo: string }; readonly gives: void };

  /** The browser says that its line has come or gone. */
  readonly lineChanged: { readonly takes: null; readonly gives: void };
  readonly dropWaiting: { readonly takes: { readonly ids: readonly string[] }; readonly gives: void };

  readonly uploadClashes: { readonly takes: Id & { readonly items: readonly PickedItem[] }; readonly gives: readonly Clash[] };
  readonly upload: {
    readonly takes: Id & { readonly items: readonly PickedItem[]; readonly answers: Answers };
    readonly gives: TransferFacts;
  };
  readonly actOnTransfer: {
    readonly takes: { readonly id: string; readonly verb: TransferVerb; readonly row: number | null };
    readonly gives: void;
  };
  readonly cancelTransfer: { readonly takes: { readonly id: string; readonly row: number | null }; readonly gives: void };
  readonly forgetTransfer: { readonly takes: { readonly id: string }; readonly gives: void };
  readonly reattachTransfer: { readonly takes: { readonly id: string; readonly items: readonly PickedItem[] }; readonly gives: Reattached };
  readonly transferHandles: { readonly takes: { readonly id: string }; readonly gives: readonly FileSystemFileHandle[] };
  readonly reattachTransferHandles: { readonly takes: { readonly id: string }; readonly gives: boolean };

  readonly versions: { readonly takes: Id; readonly gives: readonly Version[] };
  readonly restoreVersion: { readonly takes: Id & { readonly version: string }; readonly gives: Done };
  readonly copyVersion: { readonly takes: Id & { readonly version: string }; readonly gives: Done };
  readonly restore: { readonly takes: { readonly trashIds: readonly string[] }; readonly gives: Done };
  readonly purge: { readonly takes: { readonly trashIds: readonly string[] }; readonly gives: void };
  readonly moments: { readonly takes: { readonly before: number | null; readonly count: number }; readonly gives: readonly Moment[] };
  readonly momentCounts: {
    readonly takes: { readonly moments: readonly string[] };
    readonly gives: Readonly<Record<string, MomentCounts>>;
  };
  readonly plan: { readonly takes: { readonly moment: string }; readonly gives: Omit<RewindPlan, 'apply'> };
  readonly rewind: { readonly takes: { readonly moment: string }; readonly gives: Done };

  readonly createLink: { readonly takes: Id & { readonly options: SendOptions }; readonly gives: DriveLink };
  readonly changeLink: { readonly takes: { readonly link: string; readonly change: LinkChange }; readonly gives: void };
  readonly revokeLinks: { readonly takes: { readonly links: readonly string[] }; readonly gives: void };

  readonly saleTerms: { readonly takes: null; readonly gives: SaleTerms | null };
  readonly sellEntry: { readonly takes: Id & { readonly wish: SaleWish }; readonly gives: DriveLink };
  readonly changeSale: { readonly takes: { readonly link: string; readonly wish: SaleWish }; readonly gives: void };
  readonly withdrawSale: { readonly takes: { readonly link: string }; readonly gives: void };
  readonly takeTips: { readonly takes: { readonly link: string; readonly areTaken: boolean }; readonly gives: void };
  readonly saleCounts: { readonly takes: null; readonly gives: Readonly<Record<string, SaleCounts>> };
  readonly readStatement: { readonly takes: null; readonly gives: Statement };
  readonly payouts: { readonly takes: null; readonly gives: readonly Payout[] };
  readonly payOut: { readonly takes: { readonly to: string; readonly sats: number | null }; readonly gives: Payout };
  readonly hearPayout: { readonly takes: Payout; readonly gives: void };
  readonly callBack: { readonly takes: { readonly payout: string }; readonly gives: void };
  readonly earningsCsv: { readonly takes: null; readonly gives: Blob };

  readonly plansOnSale: { readonly takes: null; readonly gives: PlansOnSale | null };
  readonly buyPlan: { readonly takes: PlanWish; readonly gives: PlanOutcome };

  readonly unreadEntries: { readonly takes: null; readonly gives: UnreadCounts };
  readonly dropUnread: { readonly takes: null; readonly gives: UnreadCounts };
  readonly keptParcels: { readonly takes: null; readonly gives: readonly KeptParcel[] };
  readonly strayParcels: { readonly takes: null; readonly gives: number };
  readonly keepParcels: { readonly takes: null; readonly gives: number };
  readonly copyParcel: { readonly takes: { readonly id: string }; readonly gives: TransferFacts };
  readonly forgetParcels: { readonly takes: { readonly ids: readonly string[] }; readonly gives: void };

  /** null where the file has no picture and gives none. */
  readonly thumbnail: { readonly takes: Id; readonly gives: Blob | null };
  readonly limitUploads: { readonly takes: { readonly bytesPerSecondMax: number | null }; readonly gives: void };
  readonly makePictures: { readonly takes: { readonly on: boolean }; readonly gives: void };
  readonly followPhotos: { readonly takes: null; readonly gives: void };
  readonly unfollowPhotos: { readonly takes: null; readonly gives: void };

  readonly feedNames: { readonly takes: null; readonly gives: void };
  readonly exportProof: { readonly takes: null; readonly gives: Blob };
  readonly acceptHistory: { readonly takes: null; readonly gives: void };
};

/** What the drive worker tells the page. */
export type DriveNews = {
  readonly folderChanged: { readonly takes: Id & { readonly view: FolderView }; readonly gives: void };
  readonly stateChanged: { readonly takes: DriveState; readonly gives: void };
  readonly usageChanged: { readonly takes: Usage; readonly gives: void };
  readonly linksChanged: { readonly takes: readonly DriveLink[]; readonly gives: void };
  readonly trashChanged: { readonly takes: readonly TrashItem[]; readonly gives: void };
  /** Of an earlier visit, or begun in another tab. */
  readonly transferFound: { readonly takes: TransferFacts; readonly gives: void };
  readonly transferChanged: { readonly takes: TransferChange; readonly gives: void };
  readonly photosChanged: { readonly takes: PhotoTable; readonly gives: void };
  readonly namesChanged: { readonly takes: NameBatch; readonly gives: void };
};

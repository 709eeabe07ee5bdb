// Every call between the page and the drive worker that is about the account. What screens see is app/port.ts.
import type {
  AppScope,
  Device,
  Door,
  JoiningState,
  Kit,
  KitState,
  KitTrial,
  PasswordChoice,
  SigningStep,
  SignUpWish,
  Slot,
} from '../app/port.ts';

export type FaceFacts = { readonly name: string; readonly identifier: string; readonly fingerprint: Uint8Array };
export type SessionFacts =
  | { readonly kind: 'none' }
  | { readonly kind: 'locked'; readonly account: FaceFacts; readonly doors: readonly Door[]; readonly newestChangeAt: number | null }
  | { readonly kind: 'ended'; readonly why: 'revoked' }
  /** It can be kept until `endsAt`. */
  | { readonly kind: 'ended'; readonly why: 'deleted'; readonly endsAt: number }
  | { readonly kind: 'open'; readonly account: FaceFacts };

/** What the new device shows. */
export type JoiningFacts = { readonly qrText: string; readonly code: string; readonly endsAt: number };
/** What the enrolled device knows of the new one. */
export type GuestFacts = { readonly words: readonly string[]; readonly label: string };
/** What a passkey computed from the constant input, 32 bytes, and which it is. */
export type PasskeyFacts = { readonly prf: Uint8Array<ArrayBuffer>; readonly credentialId: Uint8Array<ArrayBuffer> };

export type AccountCalls = {
  readonly readSession: { readonly takes: null; readonly gives: SessionFacts };
  readonly phrase: { readonly takes: null; readonly gives: string };
  readonly signUp: { readonly takes: SignUpWish; readonly gives: SessionFacts };
  readonly signIn: {
    readonly takes: { readonly identifier: string; readonly password: string; readonly passkey: PasskeyFacts | null };
    readonly gives: SessionFacts;
  };
  readonly recoverAccount: {
    readonly takes: { readonly words: readonly string[]; readonly password: PasswordChoice };
    readonly gives: SessionFacts;
  };
  readonly join: { readonly takes: null; readonly gives: JoiningFacts };
  readonly confirmJoin: { readonly takes: { readonly same: boolean }; readonly gives: void };
  readonly leaveJoin: { readonly takes: null; readonly gives: void };
  readonly enterWithPasskey: { readonly takes: PasskeyFacts; readonly gives: SessionFacts };
  readonly unlock: { readonly takes: null; readonly gives: SessionFacts };
  readonly unlockWithPasskey: { readonly takes: PasskeyFacts; readonly gives: SessionFacts };
  /** Credential ids of those that this browser has used for the account. */
  readonly passkeysHere: { readonly takes: null; readonly gives: readonly Uint8Array<ArrayBuffer>[] };
  readonly lock: { readonly takes: null; readonly gives: SessionFacts };
  readonly signOut: { readonly takes: null; readonly gives: SessionFacts };
  readonly checkWords: {
    readonly takes: { readonly words: readonly string[] };
    readonly gives: { readonly unknown: readonly number[]; readonly checksum: boolean };
  };
  readonly suggestWords: { readonly takes: { readonly start: string }; readonly gives: readonly string[] };

  readonly renameAccount: { readonly takes: { readonly name: string }; readonly gives: SessionFacts };
  readonly changePassword: {
    readonly takes: { readonly current: string; readonly next: PasswordChoice };
    readonly gives: void;
  };
  readonly planSecuring: { readonly takes: null; readonly gives: Kit };
  readonly secure: { readonly takes: { readonly password: PasswordChoice }; readonly gives: SessionFacts };
  readonly makeKit: { readonly takes: null; readonly gives: Kit };
  readonly tryKit: { readonly takes: { readonly words: readonly string[] }; readonly gives: KitTrial };
  readonly tryWords: {
    readonly takes: { readonly words: readonly { readonly index: number; readonly word: string }[] };
    readonly gives: KitTrial;
  };
  readonly invite: { readonly takes: { readonly text: string }; readonly gives: GuestFacts };
  readonly admitGuest: { readonly takes: null; readonly gives: void };
  readonly refuseGuest: { readonly takes: null; readonly gives: void };
  readonly addPasskey: { readonly takes: PasskeyFacts; readonly gives: { readonly id: string; readonly label: string } };
  readonly renamePasskey: { readonly takes: { readonly id: string; readonly label: string }; readonly gives: void };
  readonly demandPasskey: { readonly takes: PasskeyFacts | null; readonly gives: void };
  readonly addAppCredential: {
    readonly takes: { readonly label: string; readonly access: AppScope['access'] };
    readonly gives: { readonly text: string };
  };
  readonly removeSlot: { readonly takes: { readonly id: string }; readonly gives: void };
  readonly lookAtDevices: { readonly takes: undefined; readonly gives: void };
  readonly renameDevice: { readonly takes: { readonly id: string; readonly label: string }; readonly gives: void };
  readonly revokeDevice: { readonly takes: { readonly id: string }; readonly gives: void };
  readonly exportAccount: { readonly takes: null; readonly gives: Blob };
  /** What was typed where a password would do as well. */
  readonly isKit: { readonly takes: { readonly text: string }; readonly gives: boolean };
  readonly deleteAccount: {
    /** One of both at least. */
    readonly takes: { readonly text: string | null; readonly passkey: PasskeyFacts | null };
    readonly gives: SessionFacts;
  };
  readonly keepAccount: { readonly takes: null; readonly gives: void };
};

export type AccountNews = {
  readonly stepChanged: { readonly takes: { readonly step: SigningStep }; readonly gives: void };
  /** Another tab locked, signed out or was told that this device ended. */
  readonly sessionChanged: { readonly takes: SessionFacts; readonly gives: void };
  readonly joiningChanged: { readonly takes: JoiningState; readonly gives: void };
  readonly kitChanged: { readonly takes: KitState; readonly gives: void };
  readonly devicesChanged: { readonly takes: readonly Device[]; readonly gives: void };
  readonly slotsChanged: { readonly takes: readonly Slot[]; readonly gives: void };
  readonly demandChanged: { readonly takes: boolean; readonly gives: void };
  /** When the account ends; null where nobody asked for that. */
  readonly endChanged: { readonly takes: number | null; readonly gives: void };
};

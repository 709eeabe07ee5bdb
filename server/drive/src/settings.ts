// What an operator may set. Every bound of the service stands here with its generous default.
import { uploadLeaseMs } from '@reprise/protocol';

export type Rate = { readonly perMinute: number; readonly burst: number };

export type DriveSettings = {
  readonly name: string;
  readonly version: string;
  /** The origins a device may have signed for, given the Host header of the request; the first is where links begin. */
  readonly origins: (host: string) => readonly string[];
  /** Whether uploads without an account are open while the operator has not switched them by command. */
  readonly anonymousOpen: boolean;
  readonly anonymousBytesMax: number;
  /** What an account may keep unless its plan says otherwise. */
  readonly accountBytesMax: number;
  /** What the logs of an account may take at least; a larger plan allows more. */
  readonly accountLogBytesMin: number;
  /** Longest life of an anonymous link, and the life of one that asks for none; null: no end. */
  readonly lifeMsMax: number | null;
  readonly lifeMsDefault: number | null;
  /** How long bytes that nothing holds stay readable to their owner's next change. */
  readonly condemnedMs: number;
  readonly leaseMs: number;
  /** How long a place to put bytes is good. */
  readonly placeMs: number;
  /** How long a started download keeps its place under a cap. */
  readonly downloadMs: number;
  /** Of an anonymous space, and of one of an account. */
  readonly linksPerSpaceMax: number;
  readonly linksPerAccountMax: number;
  /** Streams of events at one time. */
  readonly eventStreamsMax: number;
  /** Bytes that stay free on the disk: below, uploads are refused. */
  readonly diskReserveBytes: number;
  /** Bodies of uploads received at one time. */
  readonly uploadsMax: number;
  /** A body must bring this rate once its grace is over, and may never stand still longer than the grace. */
  readonly bodyBytesPerSecondMin: number;
  readonly bodyGraceMs: number;
  /** A reader that takes nothing for this long is let go. */
  readonly readerStallMs: number;
  /** Whether the last X-Forwarded-For address is the client's. */
  readonly trustProxy: boolean;
  /** How long a maker has to answer a case, and whoever filed it to stand by it after. */
  readonly cases: { readonly answerMs: number; readonly standMs: number };
  /** Per network address; null: no limit. */
  readonly rates: {
    readonly requests: Rate | null;
    readonly spaces: Rate | null;
    readonly reports: Rate | null;
    /** Opening accounts and proving what opens them, of any account. */
    readonly accounts: Rate | null;
    /** Guesses at one account's password from one network. Its owner comes from another, and enrolled devices need no password. */
    readonly logins: Rate | null;
    readonly pairings: Rate | null;
  };
};

const hourMs = 3_600_000;

export const defaultSettings: DriveSettings = {
  name: 'Reprise',
  version: '0.1.0',
  origins: (host) => [`http://${host}`, `https://${host}`],
  anonymousOpen: true,
  anonymousBytesMax: 100_000_000_000,
  accountBytesMax: 100_000_000_000,
  accountLogBytesMin: 256 * 2 ** 20,
  lifeMsMax: null,
  lifeMsDefault: null,
  condemnedMs: 72 * hourMs,
  leaseMs: uploadLeaseMs,
  placeMs: 24 * hourMs,
  downloadMs: 24 * hourMs,
  linksPerSpaceMax: 1_000,
  linksPerAccountMax: 20_000,
  eventStreamsMax: 10_000,
  diskReserveBytes: 512 * 2 ** 20,
  uploadsMax: 512,
  bodyBytesPerSecondMin: 4_096,
  bodyGraceMs: 30_000,
  readerStallMs: 60_000,
  trustProxy: false,
  cases: { answerMs: 14 * 24 * hourMs, standMs: 14 * 24 * hourMs },
  rates: {
    requests: { perMinute: 6_000, burst: 3_000 },
    spaces: { perMinute: 60, burst: 300 },
    reports: { perMinute: 2, burst: 20 },
    accounts: { perMinute: 60, burst: 300 },
    logins: { perMinute: 1, burst: 20 },
    pairings: { perMinute: 240, burst: 600 },
  },
};

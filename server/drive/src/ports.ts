// What the drive needs of the world and does not choose itself: time, randomness, storage, and someone who watches.
import type { ChunkStore } from '@reprise/chunks';
import type { Database } from '@reprise/database';
import type { Clock, RandomBytes } from '@reprise/kit';
import type { AnswerOf, Contract } from '@reprise/protocol';
import type { Service } from './http.ts';
import type { DriveSettings } from './settings.ts';

export type EventFacts = Readonly<Record<string, string | number | boolean | null>>;

export type RequestFacts = {
  /** The contract's id of the endpoint, or a fixed word; never a path. */
  readonly endpoint: string;
  readonly method: string;
  readonly status: number;
  /** The failure's code, when it failed. */
  readonly code?: string;
  readonly durationMs: number;
  readonly bytesIn: number;
  readonly bytesOut: number;
};

/** Where counts and durations go. Nothing told here names a person, an address, a path or a token. */
export interface Watch {
  request(facts: RequestFacts): void;
  event(name: string, facts: EventFacts): void;
  /** A fault of the server. `reference` is what the client was told. */
  fault(reference: string, cause: unknown): void;
}

export type DrivePorts = {
  readonly database: Database;
  /** Reads through it are checked against their ids. */
  readonly chunks: ChunkStore;
  /** The same store without the check: for reads of many objects at once, which the drive checks one by one. */
  readonly uncheckedChunks: ChunkStore;
  readonly clock: Clock;
  readonly random: RandomBytes;
  readonly watch: Watch;
  readonly settings: DriveSettings;
};

/** What a host serves beside the drive, below /api/ and under the same checks. */
export type Beside = {
  /** Told to clients by `server.get`; undefined where links cannot be sold. */
  payments(called: string): AnswerOf<Contract['server.get']>['payments'];
  serve(service: Pick<Service, 'serve'>): void;
  /** A case was opened, answered or decided: told before whoever did so is answered. */
  caseChanged(id: string): Promise<void>;
};

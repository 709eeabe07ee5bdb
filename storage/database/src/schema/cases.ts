// Cases of rights holders, and every step of them. spec/cases.md.
import type { Bytes } from '@reprise/kit';
import type { LinkId } from '@reprise/protocol';
import type { Optional, WithDefault } from './columns.ts';

export interface CaseTables {
  readonly cases: CasesTable;
  readonly case_steps: CaseStepsTable;
}

interface CasesTable {
  /** The reference that everybody may know. */
  readonly id: string;
  readonly link: LinkId;
  /** SHA-256 of the code that only who filed it has. */
  readonly code_hash: Bytes;
  /** Who says to hold the rights, and where to be reached. */
  readonly holder: string;
  readonly contact: string;
  readonly state: 'open' | 'countered' | 'contested' | 'upheld' | 'dismissed' | 'withdrawn';
  /** What becomes of what was held; null unless upheld. */
  readonly remedy: Optional<'claim' | 'refund'>;
  readonly opened_at: number;
  /** Until when the maker may answer before anything is decided. */
  readonly answer_by: number;
  /** Until when whoever filed it must stand by it, once it was answered. */
  readonly stand_by: Optional<number>;
  readonly decided_at: Optional<number>;
  /** 1: money and links are as decided. */
  readonly carried: WithDefault<0 | 1>;
}

/** Added to, never changed. */
interface CaseStepsTable {
  readonly case_id: string;
  /** From 1. */
  readonly seq: number;
  readonly at: number;
  readonly actor: 'holder' | 'maker' | 'operator' | 'time';
  readonly act: string;
  readonly words: string;
  /** Over this step and the hash of the one before, in hex. */
  readonly hash: string;
}

// The program's own words, in the language of the environment; each language is read only when it is needed.
import type { FailureFacts } from '@reprise/kit';
import type { Failure } from '@reprise/protocol/formats';
import type { Language } from './language.ts';
import { visible } from './visible.ts';
import type { AuditWords } from './words/audit-words.ts';
import type { DriveWords } from './words/drive-words.ts';
import type { PayWords } from './words/pay-words.ts';
import type { WalletWords } from './words/wallet-words.ts';

export type Words = DriveWords &
  PayWords &
  AuditWords &
  WalletWords & {
    readonly error: string;
    readonly sending: string;
    readonly receiving: string;
    readonly checking: string;
    readonly filesWord: string;
    readonly linkEarly: (url: string) => string;
    readonly resuming: (bytes: string, files: string) => string;
    readonly beganAnew: string;
    readonly waitingNetwork: string;
    readonly protectedByEnvironment: string;
    readonly askNewPassword: string;
    readonly askPassword: string;
    readonly leftOutTitle: (count: number) => string;
    readonly renamedTitle: string;
    readonly sent: (size: string, files: number, time: string) => string;
    readonly received: (size: string, files: number, where: string) => string;
    readonly ownerKey: (url: string) => string;
    readonly expires: (date: string) => string;
    readonly stopped: string;
    readonly stoppedPut: (command: string) => string;
    readonly stoppedGet: (command: string) => string;
    readonly removedAll: (title: string) => string;
    readonly removedLink: (others: number) => string;
    readonly notMine: string;
    readonly kept: string;
    readonly alreadyThere: (count: number) => string;
    readonly partResumed: (name: string, size: string) => string;
    readonly linksHead: readonly [string, string, string, string, string];
    readonly never: string;
    readonly unlimited: string;
    readonly growing: string;
    readonly removedByNotice: string;
    readonly folderIsNew: string;
    readonly seeHelp: (command: string) => string;
    /** What happened, what was kept, what to do next. */
    readonly failure: (failure: Failure, facts: FailureFacts) => string;
  };

export async function loadWords(language: Language): Promise<Words> {
  return language === 'fr' ? (await import('./words/fr.ts')).fr : (await import('./words/en.ts')).en;
}

/** What happened, in words. Facts hold names from a link and words of a server: what could act on a terminal is made visible. */
export function failureText(words: Words, failure: Failure): string {
  const facts = Object.entries(failure.facts).map(([name, value]) => [name, typeof value === 'string' ? visible(value) : value]);
  return words.failure(failure, Object.fromEntries(facts) as FailureFacts);
}

// Runs one upload to its end: shows how far it is, stops on Ctrl+C, goes on from an earlier run, or begins anew if that run's link is gone.
import { Failure } from '@reprise/protocol/formats';
import { type JournalStore, startUpload, type Upload, type UploadOptions, type UploadOutcome } from '@reprise/sdk';
import { nodeEngine } from '@reprise/vault/node';
import { formatBytes } from './amounts.ts';
import type { CommandContext } from './command.ts';
import type { ProgressLine } from './progress.ts';
import type { State } from './state.ts';

export type SendOptions = {
  readonly wishes: Omit<UploadOptions, 'engine' | 'journal' | 'onChange'>;
  readonly state: State;
  readonly store: JournalStore;
  readonly progress: ProgressLine;
  /** Tell the link as soon as it works. */
  readonly announceLink: boolean;
};

export type Sent = { readonly kind: 'sent'; readonly outcome: UploadOutcome } | { readonly kind: 'stopped'; readonly upload: Upload };

/** Parts of two full chunks, six at a time: as much memory as three of four, and less waiting for each other (docs/decisions/client-memory.md). */
export const sendingShape = { lanes: 6, partBytesMax: 8_421_376 } as const;

/** @throws Failure as the upload ends with, unless it was stopped on request */
export async function send(options: SendOptions, context: CommandContext): Promise<Sent> {
  const { wishes, state, store, progress } = options;
  const { terminal, words } = context;
  const upload = await startUpload({
    ...wishes,
    ...sendingShape,
    engine: nodeEngine,
    journal: { store, key: state.deviceKey },
    onChange: (changed) => progress.update(() => shownOf(changed, words.waitingNetwork)),
  });
  const { manageUrl, linkId } = upload;
  await state.keepLink(linkId, { manageUrl, server: wishes.connection.origin, title: wishes.title, createdMs: Date.now() });
  if (upload.isResumed) tellResumed(upload, context, progress.say);
  if (options.announceLink) progress.say(words.linkEarly(upload.linkUrl));
  const stop = () => void upload.stop();
  terminal.interrupted.addEventListener('abort', stop, { once: true });
  if (terminal.interrupted.aborted) stop();
  try {
    return { kind: 'sent', outcome: await upload.finished };
  } catch (error) {
    if (terminal.interrupted.aborted) return { kind: 'stopped', upload };
    if (!upload.isResumed || !isGone(error)) throw error;
  } finally {
    terminal.interrupted.removeEventListener('abort', stop);
  }
  // The link of the earlier run was deleted since, or the server forgot it.
  state.forgetLink(linkId);
  await store.remove();
  progress.say(words.beganAnew);
  return send(options, context);
}

/** `genesis-refused`: the space was deleted, and does not come back. */
const goneCodes = new Set(['not-found', 'already-exists', 'link-unavailable', 'genesis-refused']);

function isGone(error: unknown): boolean {
  return error instanceof Failure && goneCodes.has(error.code);
}

function shownOf(upload: Upload, waiting: string) {
  const progress = upload.progress();
  return { ...progress, note: progress.phase === 'offline' ? waiting : undefined };
}

function tellResumed(upload: Upload, { terminal, words }: CommandContext, say: (text: string) => void): void {
  let bytes = 0;
  let files = 0;
  for (const row of upload.rows) {
    if (row.known.size === 0) continue;
    files++;
    for (const chunk of row.known.values()) bytes += chunk.sealedLength;
  }
  if (files > 0) say(words.resuming(formatBytes(bytes, terminal.language), String(files)));
}

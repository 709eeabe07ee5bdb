/** Turns the events of one test file into JSON lines that `tools/test.ts` adds up. Loaded by `node --test-reporter`. */
import { inspect } from 'node:util';
import type { TestEvent } from 'node:test/reporters';

/** One test that has ended. `name` holds the names of its parents too. */
export type Outcome =
  | { readonly kind: 'passed'; readonly name: string; readonly ms: number }
  | { readonly kind: 'skipped'; readonly name: string; readonly reason: string }
  | { readonly kind: 'failed'; readonly name: string; readonly ms: number; readonly error: string };

// Node asks for a default export here.
export default async function* report(events: AsyncIterable<TestEvent>): AsyncGenerator<string> {
  const names: string[] = [];
  const hasChildren: boolean[] = [];
  for await (const event of events) {
    if (event.type === 'test:start') {
      const { nesting, name } = event.data;
      names.length = nesting;
      names[nesting] = name;
      hasChildren.length = nesting;
      hasChildren[nesting] = false;
      if (nesting > 0) hasChildren[nesting - 1] = true;
    } else if (event.type === 'test:pass' || event.type === 'test:fail') {
      const { nesting } = event.data;
      const name = [...names.slice(0, nesting), event.data.name].join(' › ');
      const outcome = judge(event, name, hasChildren[nesting] === true);
      if (outcome !== undefined) yield `${JSON.stringify(outcome)}\n`;
    }
  }
}

type Ended = Extract<TestEvent, { type: 'test:pass' | 'test:fail' }>;

/** Undefined for a parent that only sums up its children. */
function judge(event: Ended, name: string, isParent: boolean): Outcome | undefined {
  const { skip, todo, details } = event.data;
  const ms = details.duration_ms;
  if (skip !== undefined && skip !== false) {
    if (typeof skip === 'string' && skip.trim() !== '') return { kind: 'skipped', name, reason: skip };
    return { kind: 'failed', name, ms, error: 'The test is skipped without a reason: say why, as in { skip: "needs PostgreSQL" }.' };
  }
  if (event.type === 'test:fail') {
    const error: unknown = 'error' in details ? details.error : undefined;
    if (isSumOfChildren(error)) return undefined;
    return { kind: 'failed', name, ms, error: describe(error) };
  }
  if (todo !== undefined && todo !== false) return { kind: 'failed', name, ms, error: 'The test is marked todo: write it or delete it.' };
  return isParent || details.type === 'suite' ? undefined : { kind: 'passed', name, ms };
}

function isSumOfChildren(error: unknown): boolean {
  return typeof error === 'object' && error !== null && 'failureType' in error && error.failureType === 'subtestsFailed';
}

function describe(error: unknown): string {
  const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
  if (cause instanceof Error && cause.stack !== undefined) return inspect(cause, { depth: 4 });
  return typeof cause === 'string' ? cause : inspect(cause, { depth: 4 });
}

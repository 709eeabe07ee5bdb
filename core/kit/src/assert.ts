// A bug asserts and stops. Bad input is a Failure, never an assertion.

export class AssertionFailure extends Error {
  override readonly name = 'AssertionFailure';
}

export function assert(condition: unknown, message: string): asserts condition {
  if (!condition) throw new AssertionFailure(message);
}

/** Closes an exhaustive switch. */
export function assertNever(value: never): never {
  throw new AssertionFailure(`a case nobody handles: ${String(value)}`);
}

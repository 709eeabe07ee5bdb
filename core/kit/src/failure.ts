// What ends the work is thrown as a Failure: a code from a closed list, and the facts needed to act.

export type FailureFacts = Readonly<Record<string, string | number | boolean | null | readonly string[]>>;

export class CodedFailure<Code extends string> extends Error {
  override readonly name = 'Failure';
  readonly code: Code;
  readonly facts: FailureFacts;

  constructor(code: Code, facts: FailureFacts = {}, options?: ErrorOptions) {
    super(code, options);
    this.code = code;
    this.facts = facts;
  }
}

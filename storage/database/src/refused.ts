// Why a database cannot be used at start: for the operator, who reads the message; it never travels.

export class DatabaseRefused extends Error {
  override readonly name = 'DatabaseRefused';
}

export function reasonOf(error: unknown): string {
  return error instanceof Error ? error.message || String((error as { code?: unknown }).code ?? error.name) : String(error);
}

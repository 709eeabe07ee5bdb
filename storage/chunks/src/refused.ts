// Why a store cannot be used at start: for the operator, who reads the message; it never travels.

export class StoreRefused extends Error {
  override readonly name = 'StoreRefused';
}

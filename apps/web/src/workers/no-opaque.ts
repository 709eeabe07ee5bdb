// Stands in for @serenity-kit/opaque in every worker but the account's KDF worker, where passwords are proved.

export const ready = Promise.reject(new TypeError('passwords are proved in the KDF worker'));
ready.catch(() => undefined);
export const client = {};

// The one connection to the server that this page came from.
import { type Connection, connect, fetchTransport, limitedTransport, RateLimit } from '@reprise/sdk';

let connection: Connection | undefined;

/** What this tab sends a second, as its person chose. */
export const uploadLimit = new RateLimit(null);

export function server(): Connection {
  connection ??= connect({ server: self.location.origin, transport: limitedTransport(fetchTransport(), { up: uploadLimit }) });
  return connection;
}

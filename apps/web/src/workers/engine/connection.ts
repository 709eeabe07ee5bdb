// The one connection to the server that this page came from.
import { type Connection, connect } from '@reprise/sdk';

let connection: Connection | undefined;

export function server(): Connection {
  connection ??= connect({ server: self.location.origin });
  return connection;
}

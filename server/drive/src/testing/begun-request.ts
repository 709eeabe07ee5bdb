// A request whose body never arrives whole: what is answered to it was decided by its head alone.
import { once } from 'node:events';
import { connect } from 'node:net';
import type { TestService } from './service.ts';

/** @returns the status of the answer to the head of a POST that announces a megabyte and sends a few bytes of it */
export async function beginRequest({ port }: TestService, path: string, authorization: string): Promise<number> {
  const socket = connect(port, '127.0.0.1');
  socket.write(
    `POST ${path} HTTP/1.1\r\nHost: 127.0.0.1:${port}\r\nContent-Length: 1000000\r\nAuthorization: ${authorization}\r\n\r\nthe first`,
  );
  const [first] = (await once(socket, 'data')) as [Buffer];
  socket.destroy();
  return Number(first.toString('latin1').slice(9, 12));
}

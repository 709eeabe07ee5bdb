// A TCP port for a node of the sandbox, which has none: peers of other programs reach it there. For tests only.
import { once } from 'node:events';
import { type AddressInfo, createServer, type Socket } from 'node:net';
import * as ldk from 'lightningdevkit';
import type { LdkNode } from '../../bitcache/lightning/src/sandbox/ldk-node.ts';

export type LightningPort = { /** As peers write it. */ readonly address: string; readonly close: () => void };

/** Other than those of ends within the process. */
let ends = 1n << 40n;

export async function openLightningPort(node: LdkNode): Promise<LightningPort> {
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    carry(node, socket);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const close = () => {
    for (const socket of sockets) socket.destroy();
    server.close();
  };
  return { address: `${Buffer.from(node.id).toString('hex')}@127.0.0.1:${(server.address() as AddressInfo).port}`, close };
}

function carry(node: LdkNode, socket: Socket): void {
  const number = ends++;
  let isOver = false;
  const end = () => {
    if (isOver) return;
    isOver = true;
    node.peers.socket_disconnected(descriptor);
    node.stir();
  };
  const descriptor = ldk.SocketDescriptor.new_impl({
    send_data: (data) => {
      if (!socket.destroyed) socket.write(data.slice());
      return data.length;
    },
    disconnect_socket: () => {
      isOver = true;
      socket.destroy();
    },
    eq: (other) => other.hash() === number,
    hash: () => number,
  });
  node.peers.new_inbound_connection(descriptor, ldk.Option_SocketAddressZ.constructor_none());
  socket.on('data', (data: Buffer) => {
    if (isOver) return;
    if (node.peers.read_event(descriptor, new Uint8Array(data)).is_ok()) node.stir();
    else {
      // It has let go of it by itself.
      isOver = true;
      socket.destroy();
    }
  });
  socket.on('error', () => socket.destroy());
  socket.on('close', end);
}

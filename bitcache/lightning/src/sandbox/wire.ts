// A connection between two nodes of one process: what a TCP connection would carry, handed over in memory. No port is opened.
import * as ldk from 'lightningdevkit';

export interface Wired {
  readonly id: Uint8Array;
  readonly peers: ldk.PeerManager;
  /** Something may have to be processed. */
  stir(): void;
}

let ends = 0n;

class End {
  readonly #owner: Wired;
  readonly #number = ends++;
  readonly descriptor: ldk.SocketDescriptor;
  #other: End | undefined;
  #isOpen = true;
  readonly #arrived: Uint8Array[] = [];

  constructor(owner: Wired) {
    this.#owner = owner;
    const number = this.#number;
    this.descriptor = ldk.SocketDescriptor.new_impl({
      send_data: (data) => {
        this.#other?.receive(data.slice());
        return data.length;
      },
      disconnect_socket: () => this.close(),
      eq: (other) => other.hash() === number,
      hash: () => number,
    });
  }

  static join(left: End, right: End): void {
    left.#other = right;
    right.#other = left;
  }

  /** Comes in order, and never while the sender is still at work. */
  receive(data: Uint8Array): void {
    this.#arrived.push(data);
    if (this.#arrived.length === 1) setImmediate(() => this.#read());
  }

  close(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    const other = this.#other;
    setImmediate(() => other?.hangUp());
  }

  hangUp(): void {
    if (!this.#isOpen) return;
    this.#isOpen = false;
    this.#owner.peers.socket_disconnected(this.descriptor);
    this.#owner.stir();
  }

  #read(): void {
    for (const data of this.#arrived.splice(0)) {
      if (!this.#isOpen) return;
      if (!this.#owner.peers.read_event(this.descriptor, data).is_ok()) this.hangUp();
    }
    this.#owner.stir();
  }
}

/** Connects two nodes; nothing happens if they already are. */
export function connect(from: Wired, to: Wired): void {
  if (from.peers.list_peers().some((peer) => sameKey(peer.get_counterparty_node_id(), to.id))) return;
  const [left, right] = [new End(from), new End(to)];
  End.join(left, right);
  to.peers.new_inbound_connection(right.descriptor, ldk.Option_SocketAddressZ.constructor_none());
  const hello = from.peers.new_outbound_connection(to.id, left.descriptor, ldk.Option_SocketAddressZ.constructor_none());
  if (hello instanceof ldk.Result_CVec_u8ZPeerHandleErrorZ_OK) right.receive(hello.res);
}

function sameKey(a: Uint8Array, b: Uint8Array): boolean {
  return Buffer.from(a).equals(Buffer.from(b));
}

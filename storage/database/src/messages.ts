// Short messages between all processes on one database: to tell that something changed, never what it is now. They may be lost when a
// connection breaks, which subscribers are told.

/** Most bytes of one message: PostgreSQL carries a little more. */
export const messageBytesMax = 7_900;

export type Listener = {
  /** In the order of publishing, for the messages of one process. */
  readonly message: (text: string) => void;
  /** Messages may have been lost: look at the rows. */
  readonly gap: () => void;
};

export interface Messages {
  /** Hands a message to every subscriber in every process, this one included. Call it outside of a transaction, after its end. */
  publish(text: string): Promise<void>;
  /** @returns how to stop. Messages arrive from the moment this resolves. */
  subscribe(listener: Listener): Promise<() => Promise<void>>;
}

/** For a database that belongs to one process. */
export function localMessages(): Messages {
  const listeners = new Set<Listener>();
  return {
    async publish(text) {
      for (const listener of listeners) listener.message(text);
    },
    async subscribe(listener) {
      listeners.add(listener);
      return async () => void listeners.delete(listener);
    },
  };
}

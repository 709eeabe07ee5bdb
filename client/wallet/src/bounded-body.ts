// The body of an answer, piece by piece, so that a server that is not trusted cannot fill the memory of who asked. spec/wallet.md "Keysets".
import { type Bytes, concatBytes } from '@reprise/kit';

/** @returns null where there is more than `bytesMax`: the rest is not read @throws what the connection throws */
export async function readBounded(response: Response, bytesMax: number): Promise<Bytes | null> {
  const pieces: Bytes[] = [];
  let length = 0;
  // Leaving the loop ends the answer.
  for await (const piece of response.body ?? []) {
    length += piece.length;
    if (length > bytesMax) return null;
    pieces.push(piece as Bytes);
  }
  return concatBytes(...pieces);
}

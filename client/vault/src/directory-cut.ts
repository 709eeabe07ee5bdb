// Where a directory's items are cut into nodes: a keyed hash of each name decides. spec/directories.md "Leaves and inner nodes".
import { hmac } from '@noble/hashes/hmac.js';
import { sha256 } from '@noble/hashes/sha2.js';
import { concatBytes, encodeUtf8, readU32, u8 } from '@reprise/kit';

/** Most entries of a directory that is one leaf whatever the names are. */
export const singleLeafEntriesMax = 256;
/** Most children of a level that is one node whatever the names are. */
export const topChildrenMax = 512;
/** Most items in a node of a tree that is cut. */
export const nodeItemsMax = 768;

/** Items that lie in one node by their number alone. */
export function uncutItemsMax(level: number): number {
  return level === 0 ? singleLeafEntriesMax : topChildrenMax;
}

/** Fewest items in a node that is not the last of its level. */
export const cutItemsMin = 192;
/** From there on one name of 32 ends a node. */
const cutBelow = 2 ** 27;

/** Cuts after an item where a keyed hash of its name says so, so that an edit moves no cut but its own. */
export function cutByName<Item>(boundaryKey: Uint8Array, level: number, items: readonly Item[], nameOf: (item: Item) => string): Item[][] {
  const groups: Item[][] = [];
  let group: Item[] = [];
  for (const item of items) {
    group.push(item);
    if (!endsGroup(boundaryKey, level, group.length, nameOf(item))) continue;
    groups.push(group);
    group = [];
  }
  if (group.length > 0) groups.push(group);
  return groups;
}

/** Whether the level is cut after an item of this name that is the `items`-th since the last cut. */
export function endsGroup(boundaryKey: Uint8Array, level: number, items: number, name: string): boolean {
  if (items < cutItemsMin) return false;
  if (items >= nodeItemsMax) return true;
  return readU32(hmac(sha256, boundaryKey, concatBytes(u8(level), encodeUtf8(name)))) < cutBelow;
}

/** Whether an item after which a level was not cut, as the `before`-th of its node, is not cut after as the `items`-th either. No name is hashed. */
export function staysUncut(before: number, items: number): boolean {
  return items < nodeItemsMax && (items < cutItemsMin || before >= cutItemsMin);
}

/** The order of a directory: by the bytes of the names in UTF-8, which is the order of their code points. */
export function compareNames(a: string, b: string): number {
  const shared = Math.min(a.length, b.length);
  for (let i = 0; i < shared; i++) {
    const [unitA, unitB] = [a.charCodeAt(i), b.charCodeAt(i)];
    if (unitA !== unitB) return codePointRank(unitA) - codePointRank(unitB);
  }
  return a.length - b.length;
}

/** Surrogates stand for the code points above U+FFFF, so they rank above the units that follow them. */
function codePointRank(unit: number): number {
  if (unit < 0xd800) return unit;
  return unit < 0xe000 ? unit + 0x2000 : unit - 0x800;
}

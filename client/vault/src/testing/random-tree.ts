// Random acts on a model of a tree: what a person does to folders and files in an afternoon. For tests only.
import { formatHex, type RandomBytes } from '@reprise/kit';
import { isBelow, type Model, type ModelNode, rootKey } from './model-tree.ts';

/** A small generator with a seed, so that a failure can be run again. xorshift32. */
export class Dice {
  #state: number;

  constructor(seed: number) {
    this.#state = (seed * 2_654_435_761 + 1_013_904_223) >>> 0 || 1;
  }

  below(bound: number): number {
    this.#state ^= this.#state << 13;
    this.#state >>>= 0;
    this.#state ^= this.#state >>> 17;
    this.#state ^= this.#state << 5;
    this.#state >>>= 0;
    return this.#state % bound;
  }

  pick<Item>(items: readonly Item[]): Item {
    return items[this.below(items.length)] as Item;
  }

  readonly bytes: RandomBytes = (length) => Uint8Array.from({ length }, () => this.below(256));
}

const names = ['a', 'b', 'c', 'd', 'e.txt', 'f.txt', 'émile', 'report.pdf'];

/** @param word names the content of a file that is made or edited; each call gives another */
export function actAtRandom(model: Model, dice: Dice, word: () => string): Model {
  const folders = [rootKey, ...[...model].filter(([, node]) => node.content === null).map(([key]) => key)];
  const keys = [...model.keys()];
  const act = dice.below(10);
  if (keys.length === 0 || act < 3) return make(model, dice, dice.pick(folders), dice.below(3) === 0 ? null : word());
  const key = dice.pick(keys);
  const node = model.get(key) as ModelNode;
  if (act < 5) return node.content === null ? make(model, dice, key, word()) : withNode(model, key, { ...node, content: word() });
  if (act < 8) return move(model, key, dice.pick([...folders, node.parent]), dice.pick([...names, node.name]));
  return remove(model, key);
}

function make(model: Model, dice: Dice, parent: string, content: string | null): Model {
  const name = dice.pick(names);
  return isTaken(model, parent, name) ? model : withNode(model, formatHex(dice.bytes(16)), { parent, name, content });
}

function move(model: Model, key: string, parent: string, name: string): Model {
  const node = model.get(key) as ModelNode;
  if (isBelow(model, parent, key) || isTaken(model, parent, name)) return model;
  return withNode(model, key, { ...node, parent, name });
}

function remove(model: Model, key: string): Model {
  return new Map([...model].filter(([other]) => !isBelow(model, other, key)));
}

function withNode(model: Model, key: string, node: ModelNode): Model {
  return new Map([...model, [key, node]]);
}

function isTaken(model: Model, parent: string, name: string): boolean {
  return [...model.values()].some((node) => node.parent === parent && node.name === name);
}

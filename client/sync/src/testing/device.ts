// A device with a disk and a journal, that scans, plans and applies, and stops in the middle where it is told to.
import assert from 'node:assert/strict';
import { plan, type Plan } from '../plan.ts';
import type { Policy } from '../policy.ts';
import { findTouched } from '../situation.ts';
import type { Step } from '../steps.ts';
import { type LocalNode, MemoryTree, type NodeId, type RemoteNode, rootId, type TreeNode } from '../tree.ts';
import type { Dice } from './dice.ts';
import type { ModelDrive } from './model-drive.ts';
import { asideNumber, rootNumber, type VirtualDisk } from './virtual-disk.ts';

export type Stop = { readonly afterSteps: number; readonly commits: boolean };

export class Device {
  readonly disk: VirtualDisk;
  readonly synced = new Map<NodeId, TreeNode>();
  readonly #ids = new Map<number, NodeId>();
  readonly #wasAt = new Map<number, { readonly parent: number; readonly name: string }>();
  readonly #newId: () => NodeId;
  readonly #policy: Partial<Policy>;
  readonly #name: string;

  constructor(name: string, disk: VirtualDisk, newId: () => NodeId, policy: Partial<Policy> = {}) {
    this.#name = name;
    this.disk = disk;
    this.#newId = newId;
    this.#policy = policy;
  }

  /** Nodes keep their ids by inode. What a stop left aside goes back to where it was, or to the root. */
  scan(): Map<NodeId, LocalNode> {
    for (const inode of this.disk.list(asideNumber)) this.#bringBack(inode.number);
    const nodes = new Map<NodeId, LocalNode>();
    for (const inode of this.disk.walk()) {
      const id = this.#ids.get(inode.number) ?? this.#newId();
      this.#ids.set(inode.number, id);
      const parent = inode.parent === rootNumber ? rootId : (this.#ids.get(inode.parent) as NodeId);
      const { kind, content, isExecutable } = inode;
      const name = inode.name.normalize('NFC');
      nodes.set(id, { id, parent, name, kind, content, isExecutable, ...(name === inode.name ? {} : { diskName: inode.name }) });
    }
    return nodes;
  }

  #bringBack(number: number): void {
    const was = this.#wasAt.get(number) ?? { parent: rootNumber, name: `found ${number}` };
    const isFree = this.disk.has(was.parent) || was.parent === rootNumber;
    if (isFree && !this.#isInAside(was.parent) && !this.disk.find(was.parent, was.name)) this.disk.rename(number, was.parent, was.name);
    else this.disk.rename(number, rootNumber, `found ${number}`);
  }

  #isInAside(folder: number): boolean {
    for (let at = folder; at !== rootNumber; at = this.disk.get(at).parent) if (at === asideNumber) return true;
    return false;
  }

  trees(drive: ModelDrive): { remote: MemoryTree<RemoteNode>; local: MemoryTree<LocalNode>; synced: MemoryTree } {
    return { remote: drive.tree(), local: new MemoryTree(this.scan().values()), synced: new MemoryTree(this.synced.values()) };
  }

  /** @param more ids to look at besides those that differ */
  plan(drive: ModelDrive, more: Iterable<NodeId> = []): Plan {
    const trees = this.trees(drive);
    const fresh = new Map<NodeId, NodeId>();
    const policy: Policy = {
      disk: { foldsCase: this.disk.traits.foldsCase, refusesName: () => false },
      compare: (local, remote) => (local === remote ? 'same' : 'other'),
      label: { moment: '2026-11-21 14.05', device: this.#name },
      newId: (of) => {
        const id = fresh.get(of) ?? this.#newId();
        fresh.set(of, id);
        return id;
      },
      deselected: new Set(),
      brake: { recentRemovals: 0, allowed: 'all' },
      ...this.#policy,
    };
    return plan(trees, new Set([...findTouched(trees, policy.deselected), ...more]), policy);
  }

  /** @param dice runs the steps in any order that they allow @returns whether all was done */
  apply(made: Plan, drive: ModelDrive, on: number, dice?: Dice, stop?: Stop): boolean {
    for (const { from, to, kind } of made.relabels) {
      const number = this.numberOf(from);
      this.#ids.set(number, to);
      if (kind === 'copy') this.synced.delete(from);
    }
    if (stop && !stop.commits) return this.#run(made.steps, dice, stop.afterSteps);
    if (!drive.commit(made.edits, on)) return false;
    if (!this.#run(made.steps, dice, stop?.afterSteps)) return false;
    for (const id of made.forgotten) this.synced.delete(id);
    for (const row of made.settled) this.synced.set(row.id, row);
    return true;
  }

  #run(steps: readonly Step[], dice: Dice | undefined, most = Infinity): boolean {
    const order = dice ? anyOrder(steps, dice) : [...steps.keys()];
    for (const index of order.slice(0, most)) this.#act(steps[index] as Step);
    assert.ok(most < order.length || this.disk.list(asideNumber).length === 0, 'nothing is left aside');
    return most >= order.length;
  }

  #act(step: Step): void {
    const { disk } = this;
    switch (step.kind) {
      case 'create': {
        const { kind, content, isExecutable } = step.node;
        assert.ok(kind !== 'other');
        const inode = disk.create(this.#folder(step.parent), step.name, kind, content, isExecutable);
        this.#ids.set(inode.number, step.id);
        return;
      }
      case 'move':
        return disk.rename(this.numberOf(step.id), this.#folder(step.parent), step.name);
      case 'aside': {
        const { number, parent, name } = disk.get(this.numberOf(step.id));
        this.#wasAt.set(number, { parent, name });
        return disk.rename(number, asideNumber, step.id);
      }
      case 'remove': {
        const number = this.numberOf(step.id);
        disk.remove(number);
        this.#ids.delete(number);
        return;
      }
      case 'replace':
        disk.get(this.numberOf(step.id)).content = step.node.content;
        disk.get(this.numberOf(step.id)).isExecutable = step.node.isExecutable;
        return;
      case 'mark':
        disk.get(this.numberOf(step.id)).isExecutable = step.isExecutable;
        return;
    }
  }

  numberOf(id: NodeId): number {
    for (const [number, known] of this.#ids) if (known === id && this.disk.has(number)) return number;
    throw new Error(`no inode is ${id}`);
  }

  #folder(id: NodeId): number {
    return id === rootId ? rootNumber : this.numberOf(id);
  }
}

function anyOrder(steps: readonly Step[], dice: Dice): number[] {
  const order: number[] = [];
  const waiting = new Set(steps.keys());
  while (waiting.size > 0) {
    const ready = [...waiting].filter((index) => (steps[index] as Step).after.every((other) => !waiting.has(other)));
    assert.ok(ready.length > 0, 'what steps wait for is no circle');
    const index = dice.one(ready);
    waiting.delete(index);
    order.push(index);
  }
  return order;
}

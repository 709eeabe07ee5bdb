// Files that are on the disk when the call returns: what a node may promise its peer is written first.
import { closeSync, existsSync, fsyncSync, openSync, readFileSync, renameSync, writeSync } from 'node:fs';
import { dirname } from 'node:path';

/** Whole or not at all: the former content stays until the new one is on the disk. */
export function replaceDurably(path: string, content: Uint8Array): void {
  const draft = `${path}.draft`;
  writeAndSync(draft, content, 'w');
  renameSync(draft, path);
  syncFolder(path);
}

export function appendDurably(path: string, content: Uint8Array): void {
  const isNew = !existsSync(path);
  writeAndSync(path, content, 'a');
  if (isNew) syncFolder(path);
}

/** @returns undefined if there is none */
export function readIfThere(path: string): Buffer | undefined {
  return existsSync(path) ? readFileSync(path) : undefined;
}

function writeAndSync(path: string, content: Uint8Array, flag: 'w' | 'a'): void {
  const file = openSync(path, flag, 0o600);
  try {
    for (let at = 0; at < content.length; ) at += writeSync(file, content, at);
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
}

function syncFolder(path: string): void {
  const folder = openSync(dirname(path), 'r');
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

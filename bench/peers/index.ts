// Whom the benchmark compares, ourselves first.
import { age } from './age.ts';
import { nginx } from './nginx.ts';
import type { Peer } from './peer.ts';
import { rclone } from './rclone.ts';
import { reprise } from './reprise.ts';
import { restic, resticToRclone } from './restic.ts';

export const peers: readonly Peer[] = [reprise, rclone, restic, resticToRclone, age, nginx];

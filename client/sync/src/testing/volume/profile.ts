// What differs between the file systems that people have, as far as a program that synchronises can tell. spec/sync.md "Disks".

export type VolumeProfile = {
  readonly name: string;
  /** Spellings that are one name. */
  readonly tells: 'bytes' | 'forms' | 'cases';
  readonly stores: 'as-given' | 'decomposed';
  /** Otherwise a name has to be UTF-8. */
  readonly holdsAnyBytes: boolean;
  /** A name has at most 255 of them. */
  readonly nameUnits: 'utf-8' | 'utf-16';
  /** Beyond length, `/`, NUL, `.` and `..`, which none holds. */
  readonly refusesName: (name: string) => boolean;
  readonly mtimeStepNs: bigint;
  /** Its clock stands still between two ticks. */
  readonly tickNs: bigint;
  /** `follows` changes with the inode. */
  readonly birth: 'kept' | 'none' | 'follows';
  /** `reused`: the next node takes the number that was freed last. `drawn`: numbers are made up when the volume is mounted. */
  readonly inodes: 'reused' | 'fresh' | 'drawn';
  readonly hasHardLinks: boolean;
  readonly hasLinks: boolean;
  readonly hasExecutableBit: boolean;
  /** A file that a program has open can be neither moved, replaced nor removed, nor can a folder above it. */
  readonly locksOpenFiles: boolean;
  /** A power cut leaves a renamed node under one of its names, never under both or none. */
  readonly renamesAtOnce: boolean;
};

const second = 1_000_000_000n;

const ext4: VolumeProfile = {
  name: 'ext4',
  tells: 'bytes',
  stores: 'as-given',
  holdsAnyBytes: true,
  nameUnits: 'utf-8',
  refusesName: () => false,
  mtimeStepNs: 1n,
  tickNs: 4_000_000n,
  birth: 'kept',
  inodes: 'reused',
  hasHardLinks: true,
  hasLinks: true,
  hasExecutableBit: true,
  locksOpenFiles: false,
  renamesAtOnce: true,
};

export const profiles = {
  ext4,
  /** As the disks of network shares and of encryption layers are. */
  plain: { ...ext4, name: 'plain', birth: 'none', mtimeStepNs: second },
  apfs: { ...ext4, name: 'APFS', tells: 'forms', holdsAnyBytes: false, tickNs: 1n, inodes: 'fresh' },
  /** Gives names back decomposed, however they were written. */
  hfs: {
    ...ext4,
    name: 'HFS+',
    tells: 'forms',
    stores: 'decomposed',
    holdsAnyBytes: false,
    nameUnits: 'utf-16',
    mtimeStepNs: second,
  },
  ntfs: {
    ...ext4,
    name: 'NTFS',
    tells: 'cases',
    holdsAnyBytes: false,
    nameUnits: 'utf-16',
    refusesName: isRefusedByWindows,
    mtimeStepNs: 100n,
    tickNs: 1_000_000n,
    inodes: 'fresh',
    hasExecutableBit: false,
    locksOpenFiles: true,
  },
  fat: {
    ...ext4,
    name: 'FAT',
    tells: 'cases',
    holdsAnyBytes: false,
    nameUnits: 'utf-16',
    refusesName: isRefusedByWindows,
    mtimeStepNs: 2n * second,
    birth: 'follows',
    inodes: 'drawn',
    hasHardLinks: false,
    hasLinks: false,
    hasExecutableBit: false,
    renamesAtOnce: false,
  },
} as const satisfies Readonly<Record<string, VolumeProfile>>;

export type ProfileName = keyof typeof profiles;

/** `Naming Files, Paths, and Namespaces`, Windows App Development. */
export function isRefusedByWindows(name: string): boolean {
  return /[<>:"\\|?*\u0000-\u001f]/.test(name) || /[. ]$/.test(name) || /^(con|prn|aux|nul|(com|lpt)[0-9¹²³])(\.|$)/i.test(name);
}

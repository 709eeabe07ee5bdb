export declare class SetupError extends Error {}
type Entry = { readonly version?: string; readonly optional?: boolean; readonly peer?: boolean; readonly link?: boolean };
type Packages = Readonly<Record<string, Entry>>;
/** Installs what is missing in `root` and returns the path of a Node that runs the project. Throws SetupError. */
export declare function setUp(root: string): string;
export declare function isInstalled(root: string): boolean;
/** Places in `wanted` that `present` lacks or holds in another version. */
export declare function differences(wanted: Packages, present: Packages): string[];
export declare function findNode(root: string): string | undefined;
export declare function isNewEnough(version: string): boolean;
export declare function withLock(root: string, act: () => void): void;

/** Replaces this process by `node args`, or runs it as a child whose signals and exit code pass through. */
export declare function become(node: string, args: readonly string[]): void;

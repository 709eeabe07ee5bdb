// Speed over the last ten seconds, and the time left once there is enough to tell.

const windowMs = 10_000;
const firstEstimateMs = 5_000;

export type Pace = { readonly speed: number | null; readonly secondsLeft: number | null };

export class PaceMeter {
  private readonly startedAt: number;
  /** Oldest first: when, and how many bytes were done by then. */
  private marks: { readonly at: number; readonly bytes: number }[];

  constructor(now: number, bytesDone: number) {
    this.startedAt = now;
    this.marks = [{ at: now, bytes: bytesDone }];
  }

  /** @returns bytes a second, null while nothing is known; seconds left, null in the first 5 s and while nothing moves */
  measure(now: number, bytesDone: number, bytesTotal: number | null): Pace {
    const last = this.marks.at(-1);
    if (!last || now - last.at >= 250) this.marks.push({ at: now, bytes: bytesDone });
    while (this.marks.length > 2 && now - (this.marks[1]?.at ?? now) > windowMs) this.marks.shift();
    const first = this.marks[0];
    if (!first || now - first.at < 500) return { speed: null, secondsLeft: null };
    const speed = Math.max(0, ((bytesDone - first.bytes) * 1000) / (now - first.at));
    const early = now - this.startedAt < firstEstimateMs;
    const secondsLeft = bytesTotal === null || early || speed <= 0 ? null : Math.ceil((bytesTotal - bytesDone) / speed);
    return { speed, secondsLeft };
  }
}

// Runs are interleaved A B C, B C A, … so that a machine that slows down or speeds up does so for everybody.

export async function inRounds<Subject>(
  subjects: readonly Subject[],
  runs: number,
  step: (subject: Subject, run: number) => Promise<void>,
): Promise<void> {
  for (let run = 0; run < runs; run++) {
    for (let n = 0; n < subjects.length; n++) await step(subjects[(run + n) % subjects.length] as Subject, run);
  }
}

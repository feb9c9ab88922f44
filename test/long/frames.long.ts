/** A million damaged frames through every decoder that has a slow reference; `DAMAGED` and `SEED` say how many, and which. */
import { fuzzFrames } from '../support/frame-fuzz.ts';
import { FUZZ_SUBJECTS } from '../support/fuzz-subjects.ts';

const DAMAGED = Number(process.env.DAMAGED ?? 1_000_000);
const PART = 50_000;
const firstSeed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));

console.log(`seed ${firstSeed}`);
for (const [venue, subject] of Object.entries(FUZZ_SUBJECTS)) {
  const sum: Record<string, number> = {};
  for (let seed = firstSeed; (sum.damaged ?? 0) < DAMAGED; seed++) {
    const counts = fuzzFrames(subject, seed, Math.min(PART, DAMAGED));
    for (const [name, count] of Object.entries(counts)) sum[name] = (sum[name] ?? 0) + count;
  }
  const { frames, damaged, equal, broken, refused, givenUp, ambiguous } = sum;
  console.log(
    `${venue}: ${damaged} of ${frames} frames damaged: ${equal} gave the same events as the reference, ${broken} were no JSON ` +
      `and ${refused} no message of the venue (refused), ${givenUp} could not be held (book stale), ${ambiguous} had a key twice`,
  );
}

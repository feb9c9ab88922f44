/** Live sessions of damaged, lost, repeated and late frames: `FRAMES` of them, and each session's capture replays alike. */
import { fuzzLiveSession } from '../support/live-fuzz.ts';

const FRAMES = Number(process.env.FRAMES ?? 1_000_000);
const ROUND = 5_000;

const firstSeed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
console.log(`seed ${firstSeed}`);
let mutated = 0;
let refused = 0;
let frames = 0;
for (let seed = firstSeed; frames < FRAMES; seed++, frames += ROUND) {
  const run = fuzzLiveSession(seed, ROUND);
  mutated += run.mutated;
  refused += run.refused;
}
console.log(`${frames} frames, ${mutated} mutated, ${refused} refused; every capture replayed to its session's events`);

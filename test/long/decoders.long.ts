/**
 * The decoders of Kraken and Coinbase against slow ones: `FRAMES` damaged frames each, a million by default. A failure
 * names its seed and frame.
 */
import { fuzzDecoder } from '../support/decoder-fuzz.ts';
import { FUZZ_CASES } from '../support/fuzz-cases.ts';

const FRAMES = Number(process.env.FRAMES ?? 1_000_000);
const seed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));

console.log(`seed ${seed}`);
for (const [name, fuzz] of Object.entries(FUZZ_CASES)) {
  const { same, refused, stale } = fuzzDecoder(fuzz, FRAMES, seed);
  console.log(
    `${name}: ${FRAMES} damaged frames: ${same} as the slow decoder has them, ${refused} refused, ${stale} stale`,
  );
}

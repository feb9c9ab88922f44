/** Matching book against its naive twin over `SECONDS`, a new seed and profile for each round. A failure names its seed. */
import { MatchTwins } from '../support/match-twins.ts';

const SECONDS = Number(process.env.SECONDS ?? 60);
const ROUND = 100_000;
const firstSeed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
console.log(`seed ${firstSeed}`);
const end = Date.now() + SECONDS * 1000;
let requests = 0;
let trades = 0;
for (let seed = firstSeed; Date.now() < end; seed++) {
  const kind = seed % 4;
  const twins = new MatchTwins(seed, {
    spread: [20, 400, 60, 40][kind],
    drift: [1, 3000, 5, 50][kind],
    depth: [40, 12, 60, 100][kind],
    farOneIn: [1000, 200, 3, 50][kind],
  });
  try {
    for (let i = 0; i < ROUND && Date.now() < end; i++) {
      twins.step();
      requests++;
      if (i % 1000 === 0) twins.compare();
    }
    twins.compare();
  } catch (error) {
    console.log(`failed with seed ${seed}`);
    throw error;
  }
  trades += twins.kinds.get(3) ?? 0;
}
console.log(`${requests} requests, ${trades} trades: the twin said the same, word for word`);

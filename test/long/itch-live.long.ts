/**
 * The live ITCH feed: a thousand seeds of each fault end in the books of the file; a million mutated packets and streams are
 * read as plain twins read them. A failure names its seed.
 */
import assert from 'node:assert/strict';
import { FILE_HASH, KINDS, overCuts, publish } from '../feed/live/itch-faulty-runs.ts';
import { MoldFuzz, SoupFuzz } from '../support/itch-wire-fuzz.ts';

const SEEDS = Number(process.env.SEEDS ?? 1000);
const FUZZ = Number(process.env.FUZZ ?? 1_000_000);
const firstSeed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
console.log(`seed ${firstSeed}`);

let faults = 0;
for (const [kind, rates] of Object.entries(KINDS)) {
  for (let seed = firstSeed; seed < firstSeed + SEEDS; seed++) {
    const run = publish(seed, rates);
    assert.equal(run.books.hash(), FILE_HASH, `${kind}, seed ${seed}`);
    assert.equal(run.arbiter.lostMessages, 0, `${kind}, seed ${seed}`);
    faults += run.faults;
  }
}
let logins = 0;
for (let seed = firstSeed; seed < firstSeed + SEEDS; seed++) {
  const run = overCuts(seed);
  assert.equal(run.books.hash(), FILE_HASH, `cut connections, seed ${seed}`);
  logins += run.logins;
}
const mold = new MoldFuzz(firstSeed);
for (let i = 0; i < FUZZ; i++) mold.step();
const soup = new SoupFuzz(firstSeed);
for (let i = 0; i < FUZZ; i++) soup.step();
const tally = (counts: ReadonlyMap<string, number>) =>
  [...counts].map(([what, count]) => `${count} ${what}`).join(', ');
console.log(
  `${SEEDS} seeds of each of ${Object.keys(KINDS).length} faults (${faults} faults) and of cut connections (${logins} logins): the books of the file; MoldUDP64 ${tally(mold.kinds)}; SoupBinTCP ${tally(soup.ends)}: as the twins read them`,
);

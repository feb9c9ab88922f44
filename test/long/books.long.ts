/**
 * Books against their naive twin over millions of seeded commands: `SECONDS` of them, a new seed for each round, every
 * kind of order reference, thousands of instruments. A failure names its seed and command.
 */
import type { CommandProfile } from '../support/book-commands.ts';
import { runTwins } from '../support/book-twins.ts';

const SECONDS = Number(process.env.SECONDS ?? 60);
const COMMANDS = 200_000;

const BASE: CommandProfile = {
  instruments: 1,
  l2Percent: 0,
  priceCentre: 1_000_000,
  priceSpread: 300,
  maxQty: 1_000,
  liveOrders: 500,
  ids: 'dense',
  badPerMille: 20,
  rarePer10k: 2,
};

const PROFILES: readonly CommandProfile[] = [
  BASE,
  { ...BASE, instruments: 4_000, l2Percent: 30, liveOrders: 60_000 },
  { ...BASE, instruments: 3, l2Percent: 50, priceSpread: 5_000, liveOrders: 8_000 },
  { ...BASE, instruments: 50, ids: 'sparse', liveOrders: 20_000 },
  { ...BASE, instruments: 50, ids: 'colliding', liveOrders: 20_000 },
  { ...BASE, instruments: 50, ids: 'huge', liveOrders: 20_000 },
  { ...BASE, instruments: 4, l2Percent: 50, priceCentre: 0, priceSpread: 20, maxQty: 2 ** 40 },
  { ...BASE, instruments: 4, l2Percent: 100, priceCentre: 2 ** 45, priceSpread: 2 ** 44, maxQty: 2 ** 45 },
];

const firstSeed = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
const end = Date.now() + SECONDS * 1000;
let rounds = 0;
console.log(`seed ${firstSeed}`);
while (rounds === 0 || Date.now() < end) {
  runTwins(firstSeed + rounds, PROFILES[rounds % PROFILES.length], COMMANDS, 10_000);
  rounds++;
}
console.log(`${rounds * COMMANDS} commands, books and naive twin equal`);

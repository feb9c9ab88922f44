/**
 * Storms over a gateway (test/support/gateway-storm.ts): lost orders, lost answers, late and doubled events, broken connections;
 * `ROUNDS` seeds, both markets in turn, 60 steps each. No order is forgotten, none sent twice, positions equal the venue's.
 */
import { storm } from '../support/gateway-storm.ts';

const ROUNDS = Number(process.env.ROUNDS ?? 2_000);
const AT_A_TIME = 25;
const STEPS = 60;

const first = Number(process.env.SEED ?? Math.floor(Date.now() / 1000));
console.log(`seed ${first}`);
for (let done = 0; done < ROUNDS; done += AT_A_TIME) {
  const seeds = Array.from({ length: Math.min(AT_A_TIME, ROUNDS - done) }, (_, i) => first + done + i);
  await Promise.all(seeds.map((seed) => storm(seed, seed % 2 === 0 ? 'spot' : 'usdm', STEPS)));
}
console.log(`${ROUNDS} storms: no order forgotten, none sent twice`);

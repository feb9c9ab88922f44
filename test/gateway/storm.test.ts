/** Two hundred storms: lost orders, lost answers, doubled and late events, broken connections. */
import { test } from 'node:test';
import { storm } from '../support/gateway-storm.ts';

const STORMS_AT_A_TIME = 20;

for (let first = 1; first <= 200; first += STORMS_AT_A_TIME) {
  const market = first % (2 * STORMS_AT_A_TIME) === 1 ? 'spot' : 'usdm';
  const last = first + STORMS_AT_A_TIME - 1;
  test(`no order is forgotten, none sent twice: ${market}, seeds ${first} to ${last}`, async () => {
    const seeds = Array.from({ length: STORMS_AT_A_TIME }, (_, i) => first + i);
    await Promise.all(seeds.map((seed) => storm(seed, market, 15)));
  });
}

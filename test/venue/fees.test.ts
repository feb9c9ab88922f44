/** Fees against BigInt. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Liquidity } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { Fees } from '../../src/venue/fees.ts';
import { parseVenueConfig } from '../../src/venue/venue-config.ts';

const SEED = 5150;
const def = (instrument: number, symbol: string, priceDecimals: number, qtyDecimals: number) =>
  ({ instrument, symbol, bookKind: 2, priceDecimals, qtyDecimals }) as const;

function fees(config: object, ...defs: Parameters<Fees['define']>[0][]): Fees {
  const result = new Fees(parseVenueConfig({ fees: config }).fees);
  for (const one of defs) result.define(one);
  return result;
}

/** Round half away from zero of notional x bps / 10^4. */
function exact(qty: bigint, price: bigint, bps: string): bigint {
  const rate = BigInt(Math.round(Number(bps) * 10_000)); // 10^-8
  const product = qty * price * (rate < 0n ? -rate : rate);
  const rounded = (product * 2n + 100_000_000n) / 200_000_000n;
  return rate < 0n ? -rounded : rounded;
}

test(`20,000 fees are exact to the unit (seed ${SEED})`, () => {
  const random = new Prng(SEED);
  const rates = ['0', '1', '-0.5', '2.25', '10', '-0.0001', '9999.9999', '0.3333'];
  for (const makerBps of rates) {
    const takerBps = rates[random.below(rates.length)];
    const subject = fees({ tiers: [{ makerBps, takerBps }] }, def(0, 'A', 2, 5));
    for (let i = 0; i < 2_500; i++) {
      const qty = 1 + Math.floor(random.unit() * 2 ** random.below(45));
      const price = 1 + Math.floor(random.unit() * 2 ** random.below(30));
      const isMaker = random.below(2) === 0;
      const expected = exact(BigInt(qty), BigInt(price), isMaker ? makerBps : takerBps);
      if (expected > BigInt(Number.MAX_SAFE_INTEGER) || -expected > BigInt(Number.MAX_SAFE_INTEGER)) continue;
      const fee = subject.charge(0, 0, qty, price, isMaker ? Liquidity.Maker : Liquidity.Taker);
      assert.equal(BigInt(fee), expected, `${qty} x ${price} at ${isMaker ? makerBps : takerBps} bps`);
      assert.ok(!Object.is(fee, -0));
    }
  }
});

test('halves are rounded away from zero', () => {
  const subject = fees({ tiers: [{ makerBps: '-5000', takerBps: '5000' }] }, def(0, 'A', 0, 0));
  assert.equal(subject.charge(0, 0, 1, 3, Liquidity.Taker), 2);
  assert.equal(subject.charge(0, 0, 1, 3, Liquidity.Maker), -2);
});

test('a tier holds from the fill behind the one that reached it, account by account', () => {
  const tiers = [
    { fromNotional: '0', makerBps: '0', takerBps: '10' },
    { fromNotional: '1000.5', makerBps: '-1', takerBps: '5' },
  ];
  const subject = fees(
    { tiers, instruments: { VIP: [{ makerBps: '0', takerBps: '1' }] } },
    def(0, 'A', 2, 1),
    def(1, 'VIP', 0, 8),
  );
  const take = (account: number, instrument = 0) => subject.charge(account, instrument, 100, 10_000, Liquidity.Taker);
  assert.equal(take(0), 1_000); // 10 x 100.00 = 1,000
  assert.equal(take(0), 1_000);
  assert.equal(take(0), 500);
  assert.equal(take(1), 1_000);
  assert.equal(take(1, 1), 100);
  assert.equal(subject.tradedOf(0).toNumber(), 3_000_000_000);
  assert.equal(subject.tradedOf(1).toNumber(), 1_000_000_000, 'an instrument without tiers does not count');
});

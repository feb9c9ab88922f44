import assert from 'node:assert/strict';
import { test } from 'node:test';
import { resolveTerms } from '../../src/core/instrument-terms.ts';
import { OrderSide } from '../../src/core/order.ts';
import { Prng } from '../../src/core/prng.ts';
import { Wide } from '../../src/core/wide.ts';
import { FxRates } from '../../src/risk/money.ts';
import { Positions } from '../../src/risk/positions.ts';
import { floorDivision, type NaiveFill, positionOf, rateOf } from '../support/naive-positions.ts';
import { defOf, FX, INSTRUMENTS, subjectsOf } from '../support/risk-fixture.ts';
import { big } from '../support/wide-cases.ts';

const { Buy, Sell } = OrderSide;
const RATES: Readonly<Record<string, string>> = { USD: '1', ...FX };

/** Positions and the list of their fills, side by side. */
class Twins {
  readonly subjects = subjectsOf();
  readonly positions = new Positions(this.subjects, new FxRates('USD', FX));
  readonly fills: NaiveFill[] = [];
  readonly marks: (bigint | null)[] = INSTRUMENTS.map(() => null);
  private readonly out = { cash: new Wide(), cost: new Wide(), fifo: new Wide(), fees: new Wide() };

  constructor() {
    for (const [i, one] of INSTRUMENTS.entries()) {
      const def = defOf(i, one);
      this.positions.define(i, def, resolveTerms(def, one, 'USD'));
    }
  }

  fill(strategy: number, instrument: number, side: OrderSide, qty: number, px: number, fee = 0): void {
    const account = this.subjects.accountOfStrategy(strategy);
    const execId = this.fills.length + 1;
    this.positions.fill(strategy, account, instrument, side, qty, px, fee, 1, execId);
    const signed = side === Buy ? BigInt(qty) : -BigInt(qty);
    this.fills.push({ strategy, account, instrument, qty: signed, px: BigInt(px), fee: BigInt(fee), execId });
  }

  bust(index: number): void {
    const [{ strategy, account, instrument, qty, px, execId }] = this.fills.splice(index, 1);
    const size = Number(qty < 0n ? -qty : qty);
    this.positions.fill(strategy, account, instrument, qty > 0n ? Buy : Sell, size, Number(px), 0, -1, execId);
  }

  mark(instrument: number, halfTicks: number): void {
    this.positions.mark(instrument, halfTicks);
    this.marks[instrument] = BigInt(halfTicks);
  }

  compare(strategy: number, instrument: number, where: string): void {
    const { positions, out } = this;
    const mine = this.fills.filter((fill) => fill.strategy === strategy && fill.instrument === instrument);
    const want = positionOf(mine);
    positions.readExact(strategy, instrument, out);
    const got = {
      qty: BigInt(positions.qtyLots(strategy, instrument)),
      cash: big(out.cash),
      cost: big(out.cost),
      fifo: big(out.fifo),
      fees: big(out.fees),
    };
    assert.deepEqual(got, want, where);
    if (want.qty === 0n) assert.deepEqual([got.cost, got.fifo], [0n, 0n], `${where}: flat costs nothing`);
  }

  /** Equity of a subject from all fills; null where a position has no mark. */
  equity(strategies: readonly number[], currency: string): bigint | null {
    let sum = 0n;
    for (const strategy of strategies) {
      for (const [i, one] of INSTRUMENTS.entries()) {
        const { qty, cash, fees } = positionOf(
          this.fills.filter((fill) => fill.strategy === strategy && fill.instrument === i),
        );
        const mark = this.marks[i];
        if (qty !== 0n && mark === null) return null;
        const from = one.currency ?? 'USD';
        const same = from === currency;
        const decimals = one.priceDecimals + one.qtyDecimals;
        const rate = rateOf(one.multiplier ?? '1', same ? '1' : RATES[from], same ? '1' : RATES[currency], decimals);
        sum += floorDivision((2n * (cash - fees) + qty * (mark ?? 0n)) * rate.above, 2n * rate.below);
      }
    }
    return sum;
  }
}

test('random fills, busts and marks are those of the list of fills, and drawdown that of every step', () => {
  const seed = 11;
  console.log(`seed ${seed}`);
  const prng = new Prng(seed);
  const twins = new Twins();
  const peaks = [0n, 0n, 0n, 0n, 0n, 0n];
  const drawdowns = [0n, 0n, 0n, 0n, 0n, 0n];
  const groups: readonly (readonly [number[], string])[] = [
    [[0, 1, 2], 'USD'],
    [[0, 1], 'USD'],
    [[2], 'EUR'],
    [[0], 'USD'],
    [[1], 'USD'],
    [[2], 'EUR'],
  ];
  for (let i = 0; i < INSTRUMENTS.length; i++) twins.mark(i, 2_000_000);
  for (let step = 0; step < 400; step++) {
    const strategy = prng.below(3);
    const instrument = prng.below(INSTRUMENTS.length);
    const large = instrument === 1 ? 1e7 : 1;
    const what = prng.below(10);
    if (what < 6 || twins.fills.length === 0) {
      const qty = (1 + prng.below(50)) * large;
      const px = 1_000_000 * large + prng.below(2_000) - 1_000;
      twins.fill(strategy, instrument, prng.below(2) === 0 ? Buy : Sell, qty, px, (prng.below(200) - 50) * large);
      twins.compare(strategy, instrument, `step ${step}`);
    } else if (what === 6) {
      const { strategy: s, instrument: i } =
        twins.fills[twins.fills.length - 1 - prng.below(Math.min(40, twins.fills.length))];
      const index = twins.fills.findIndex((fill) => fill.strategy === s && fill.instrument === i);
      twins.bust(index);
      twins.compare(s, i, `step ${step}, bust`);
    } else {
      twins.mark(instrument, 2_000_000 * large + prng.below(3_000) - 1_500);
    }
    if (step % 10 === 0) twins.positions.checkInvariants();
    for (const [subject, [strategies, currency]] of groups.entries()) {
      const equity = twins.equity(strategies, currency);
      assert.equal(BigInt(twins.positions.equityMicro[subject]), equity, `step ${step}, subject ${subject}`);
      peaks[subject] = peaks[subject] > equity! ? peaks[subject] : equity!;
      const drawdown = peaks[subject] - equity!;
      drawdowns[subject] = drawdowns[subject] > drawdown ? drawdowns[subject] : drawdown;
    }
  }
  for (let subject = 0; subject < 6; subject++) {
    assert.equal(BigInt(twins.positions.peakMicro[subject]), peaks[subject], `peak of subject ${subject}`);
    assert.equal(BigInt(twins.positions.maxDrawdownMicro[subject]), drawdowns[subject], `subject ${subject}`);
    assert.ok(drawdowns[subject] > 0n);
  }
});

test('closing everything leaves a cost of 0 and a realised P&L that is the cash, to the last unit', () => {
  for (let seed = 1; seed <= 150; seed++) {
    const prng = new Prng(seed);
    const twins = new Twins();
    const instrument = prng.below(INSTRUMENTS.length);
    const large = instrument === 1 ? 123_456_789 : 1;
    for (let i = 0; i < 30; i++) {
      twins.fill(
        0,
        instrument,
        prng.below(2) === 0 ? Buy : Sell,
        (1 + prng.below(99)) * large,
        (1 + prng.below(9999)) * large,
      );
    }
    while (twins.positions.qtyLots(0, instrument) !== 0) {
      const held = twins.positions.qtyLots(0, instrument);
      const qty = Math.min(Math.abs(held), (1 + prng.below(200)) * large);
      twins.fill(0, instrument, held > 0 ? Sell : Buy, qty, (1 + prng.below(9999)) * large);
    }
    const out = { cash: new Wide(), cost: new Wide(), fifo: new Wide(), fees: new Wide() };
    twins.positions.readExact(0, instrument, out);
    const flow = twins.fills.reduce((sum, { qty, px }) => sum - qty * px, 0n);
    assert.deepEqual([big(out.cash), big(out.cost), big(out.fifo)], [flow, 0n, 0n], `seed ${seed}`);
    assert.equal(twins.positions.realisedUnits(0, instrument), Number(flow));
    assert.equal(twins.positions.realisedFifoUnits(0, instrument), Number(flow));
    assert.ok(Number.isNaN(twins.positions.avgCostTicks(0, instrument)));
  }
});

test('average cost and FIFO as in the textbook', () => {
  const { positions, ...twins } = ((): Twins => new Twins())();
  assert.ok(twins.fills.length === 0);
  positions.fill(0, 0, 0, Buy, 10, 100, 0);
  positions.fill(0, 0, 0, Buy, 10, 110, 0);
  assert.equal(positions.avgCostTicks(0, 0), 105);
  positions.fill(0, 0, 0, Sell, 15, 120, 3);
  assert.equal(positions.lastRealisedUnits, 15 * (120 - 105));
  assert.equal(positions.realisedFifoUnits(0, 0), 10 * 20 + 5 * 10);
  assert.equal(positions.feesUnits(0, 0), 3);
  positions.mark(0, 2 * 130);
  assert.equal(positions.unrealisedOf(0, 0), 5 * (130 - 105) * 10_000, 'a tick is a cent, a cent 10,000 micro-units');
  assert.equal(positions.realisedOf(0, 0), (225 - 3) * 10_000);
});

test('a bust leaves the position that never had the execution, by both methods', () => {
  const twins = new Twins();
  const run: readonly (readonly [OrderSide, number, number])[] = [
    [Buy, 10, 100],
    [Buy, 5, 120],
    [Sell, 12, 130],
    [Sell, 20, 90],
    [Buy, 9, 95],
  ];
  for (let busted = 0; busted < run.length; busted++) {
    const strategy = busted % 3;
    twins.fills.length = 0;
    const { positions } = new Twins();
    const account = twins.subjects.accountOfStrategy(strategy);
    for (const [i, [side, qty, px]] of run.entries()) positions.fill(strategy, account, 0, side, qty, px, i, 1, i + 1);
    const [side, qty, px] = run[busted];
    positions.fill(strategy, account, 0, side, qty, px, 0, -1, busted + 1);
    const fresh = new Twins().positions;
    for (const [i, [s, q, p]] of run.entries())
      if (i !== busted) fresh.fill(strategy, account, 0, s, q, p, i, 1, i + 1);
    for (const figure of ['qtyLots', 'realisedUnits', 'realisedFifoUnits', 'feesUnits', 'avgCostTicks'] as const) {
      assert.equal(positions[figure](strategy, 0), fresh[figure](strategy, 0), `${figure} without fill ${busted}`);
    }
    positions.checkInvariants();
  }
});

test('a redefinition with more decimals changes no money', () => {
  const twins = new Twins();
  const { positions } = twins;
  const before = INSTRUMENTS[2];
  positions.mark(2, 2 * 40_025);
  positions.fill(2, 1, 2, Buy, 7, 40_000, 11, 1, 1);
  positions.fill(2, 1, 2, Sell, 3, 40_150, -5, 1, 2);
  const equity = positions.equityMicro[0];
  const realised = positions.realisedOf(2, 2);
  const after = { ...before, priceDecimals: 4, qtyDecimals: 3 };
  positions.define(2, defOf(2, after), resolveTerms(defOf(2, after), after, 'USD'));
  positions.rescale(2, 100, 1000);
  assert.equal(positions.qtyLots(2, 2), 4000);
  assert.equal(positions.avgCostTicks(2, 2), 4_000_000);
  positions.mark(2, 2 * 40_025 * 100 + 1);
  positions.mark(2, 2 * 40_025 * 100);
  assert.equal(positions.equityMicro[0], equity);
  positions.fill(2, 1, 2, Sell, 3000, 4_015_000, 0, 1, 3);
  positions.fill(2, 1, 2, Sell, 3000, 4_015_000, 0, -1, 3);
  assert.equal(positions.realisedOf(2, 2), realised);
  positions.checkInvariants();
});

test('without a mark or an exchange rate a position is a problem, and no figure passes for one', () => {
  const { positions } = new Twins();
  positions.fill(0, 0, 0, Buy, 10, 100, 0);
  assert.deepEqual([...positions.problems], [1, 1, 0, 1, 0, 0]);
  positions.mark(0, 210);
  assert.deepEqual([...positions.problems], [0, 0, 0, 0, 0, 0]);
  const def = defOf(4, { symbol: 'XXX', priceDecimals: 0, qtyDecimals: 0 });
  positions.define(4, def, resolveTerms(def, { currency: 'CHF' }, 'USD'));
  positions.mark(4, 20);
  positions.fill(0, 0, 4, Buy, 1, 10, 0);
  assert.deepEqual([...positions.problems], [1, 1, 0, 1, 0, 0]);
});

/** Signals against their naive twins, over seeded markets with gaps, crossed touches, empty sides and changes of units. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Side, StaleReason } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import type { Signal, StrategyContext } from '../../src/strategy/api.ts';
import { WindowSum } from '../../src/strategy/window-sum.ts';
import {
  type NaiveTouch,
  type NaiveTrade,
  naiveImbalance,
  naiveMidEma,
  naiveTraded,
  naiveVolatility,
} from './naive-signals.ts';
import { addDefinition, FakeEngine } from './support.ts';

const HALF_LIVES = [50_000, 3_000_000];
const WINDOWS = [20_000, 2_000_000];

interface Asked {
  readonly signal: Signal;
  readonly naive: (nowNs: number) => number;
  readonly isExact: boolean;
  readonly name: string;
}

/** A market of one instrument, told to strategies and written down for the twins. */
class Market {
  readonly engine = new FakeEngine();
  readonly touches: NaiveTouch[] = [];
  readonly trades: NaiveTrade[] = [];
  private readonly random: Prng;
  private mid = 10_000;

  constructor(seed: number) {
    this.random = new Prng(seed);
  }

  note(): void {
    const { engine } = this;
    engine.books.readTouch(0);
    const [bid, bidQty, ask, askQty] = engine.books.touch;
    const isLive = engine.books.staleReason[0] === StaleReason.None;
    this.touches.push({ ns: engine.nowNs, bid, bidQty, ask, askQty, isLive });
  }

  step(): void {
    const { engine, random } = this;
    const chance = random.below(100);
    engine.nowNs += random.below(3) === 0 ? 0 : random.below(30_000);
    if (chance < 70) {
      if (random.below(3) === 0) this.mid += random.below(5) - 2;
      engine.books.readTouch(0);
      const [bid, bidQty, ask, askQty] = engine.books.touch;
      if (bidQty > 0) engine.level(0, Side.Bid, bid, 0);
      if (askQty > 0) engine.level(0, Side.Ask, ask, 0);
      const width = random.below(12) === 0 ? -1 : 1 + random.below(3);
      if (random.below(15) > 0) engine.level(0, Side.Bid, this.mid, 1 + random.below(50));
      if (random.below(15) > 0) engine.level(0, Side.Ask, this.mid + width, 1 + random.below(50));
      engine.host.onBook(0, true);
      this.note();
    } else if (chance < 95) {
      const aggressor = random.below(3);
      const qty = 1 + random.below(100);
      engine.trade(0, this.mid, qty, aggressor);
      this.trades.push({ ns: engine.nowNs, qty, aggressor });
    } else {
      const reason = engine.books.staleReason[0] === StaleReason.None ? StaleReason.Gap : StaleReason.None;
      // The book that is live again is another one.
      if (reason === StaleReason.None) engine.level(0, Side.Bid, this.mid - 1, 1 + random.below(50));
      engine.setStale(0, reason);
      this.note();
    }
  }

  /** Prices x10, quantities x100, in what was and in what is to come. */
  rescale(): void {
    const { engine } = this;
    const def = { ...engine.books.defs[0], priceDecimals: 3, qtyDecimals: 2 };
    engine.books.define(def as Parameters<typeof engine.books.define>[0]);
    engine.host.rescale(0, 10, 100);
    engine.host.onInstrument(0);
    this.mid *= 10;
    for (const [i, touch] of this.touches.entries()) {
      const { ns, bid, bidQty, ask, askQty, isLive } = touch;
      this.touches[i] = { ns, bid: bid * 10, bidQty: bidQty * 100, ask: ask * 10, askQty: askQty * 100, isLive };
    }
    for (const [i, trade] of this.trades.entries()) this.trades[i] = { ...trade, qty: trade.qty * 100 };
  }
}

/** `more`: added to every span, so that the question is a new one. */
function askAll(ctx: StrategyContext, market: Market, more: number): Asked[] {
  const from = market.touches.length;
  const fromTrade = market.trades.length;
  // A signal knows the touch that stood when it was asked for, and what came after.
  const { nowNs } = ctx;
  const history = (): NaiveTouch[] => {
    const first = from > 0 ? [{ ...market.touches[from - 1], ns: nowNs }] : [];
    return [...first, ...market.touches.slice(from)];
  };
  const trades = (): NaiveTrade[] => market.trades.slice(fromTrade);
  const asked: Asked[] = [];
  for (const span of HALF_LIVES.map((ns) => ns + more)) {
    asked.push(
      {
        name: `midEma ${span}`,
        signal: ctx.signals.midEma(0, span),
        isExact: false,
        naive: (now) => naiveMidEma(history(), span, now),
      },
      {
        name: `volatility ${span}`,
        signal: ctx.signals.volatility(0, span),
        isExact: false,
        naive: (now) => naiveVolatility(history(), span, now),
      },
    );
  }
  for (const span of WINDOWS.map((ns) => ns + more)) {
    asked.push(
      {
        name: `imbalance ${span}`,
        signal: ctx.signals.orderFlowImbalance(0, span),
        isExact: true,
        naive: (now) => naiveImbalance(history(), span, now),
      },
      {
        name: `flow ${span}`,
        signal: ctx.signals.tradeFlow(0, span),
        isExact: true,
        naive: (now) => naiveTraded(trades(), span, now, true),
      },
      {
        name: `volume ${span}`,
        signal: ctx.signals.volume(0, span),
        isExact: true,
        naive: (now) => naiveTraded(trades(), span, now, false),
      },
    );
  }
  return asked;
}

for (const seed of [1, 2, 3, 4]) {
  test(`signals are what their definitions say (seed ${seed})`, (t) => {
    const market = new Market(seed);
    const { engine } = market;
    let asked: Asked[] = [];
    addDefinition(engine, {
      name: 'asker',
      parameters: {},
      create: () => ({ onTimer: (ctx, id) => void (asked = [...asked, ...askAll(ctx, market, id)]) }),
    });
    engine.host.start();
    engine.define(0);
    market.note();
    const random = new Prng(seed + 100);
    let compared = 0;
    let numbers = 0;
    for (let i = 0; i < 400; i++) {
      if (i === 0 || i === 150) engine.host.onTimer(0, i);
      if (i === 250) market.rescale();
      market.step();
      const nowNs = engine.nowNs;
      if (random.below(2) === 0) engine.nowNs += random.below(20_000);
      for (const { name, signal, naive, isExact } of asked) {
        const expected = naive(engine.nowNs);
        const { value } = signal;
        compared++;
        if (Number.isNaN(expected) || isExact)
          assert.ok(Object.is(value + 0, expected + 0), `${name} at ${i}: ${value}, not ${expected}`);
        else
          assert.ok(
            Math.abs(value - expected) <= 1e-9 * Math.max(1, Math.abs(expected)),
            `${name} at ${i}: ${value}, not ${expected}`,
          );
        if (!Number.isNaN(expected)) numbers++;
      }
      assert.ok(engine.nowNs >= nowNs);
    }
    assert.deepEqual(engine.halts, []);
    assert.ok(numbers > compared / 2);
    t.diagnostic(`${compared} values, ${numbers} of them numbers`);
  });
}

test('the same question has the same signal; another strategy has its own', () => {
  const engine = new FakeEngine();
  const signals: Signal[] = [];
  for (const name of ['a', 'b']) {
    addDefinition(engine, {
      name,
      parameters: {},
      create: () => ({
        onTimer: (ctx) =>
          void signals.push(ctx.signals.volume(0, 5), ctx.signals.volume(0, 5), ctx.signals.volume(0, 6)),
      }),
    });
  }
  engine.host.start();
  engine.define(0);
  engine.host.onTimer(0, 0);
  engine.trade(0, 1, 7, 1);
  engine.host.onTimer(1, 0);
  assert.equal(signals[0], signals[1]);
  assert.notEqual(signals[0], signals[2]);
  assert.deepEqual(
    signals.map(({ value }) => value),
    [7, 7, 7, 0, 0, 0],
    'one that asks later begins later',
  );
});

test('a strategy that asks for ever new signals is halted before it slows the engine', () => {
  const engine = new FakeEngine();
  addDefinition(engine, {
    name: 'greedy',
    parameters: {},
    create: () => ({
      onTimer(ctx) {
        for (let i = 1; i < 5000; i++) ctx.signals.volume(0, i);
      },
    }),
  });
  engine.host.start();
  engine.define(0);
  engine.host.onTimer(0, 0);
  assert.match(engine.halts[0], /Nonsense onTimer: .*more than 1024 signals/);
});

test('a sum over a window is exact however long it runs, and its ring as large as it must be', (t) => {
  const seed = 9;
  t.diagnostic(`seed ${seed}`);
  const random = new Prng(seed);
  const now = new Float64Array(1);
  const window = new WindowSum(now, 1_000, 4);
  const all: [number, number][] = [];
  for (let i = 0; i < 3_000; i++) {
    now[0] += random.below(20) === 0 ? 1_500 : random.below(20);
    const value = (random.below(2) === 0 ? -1 : 1) * random.u32() * 1024;
    window.add(value);
    all.push([now[0], value]);
    if (random.below(50) === 0) now[0] += random.below(3) * 400;
    window.expire();
    assert.equal(
      window.total[0],
      all.reduce((sum, [ns, one]) => (ns > now[0] - 1_000 ? sum + one : sum), 0),
    );
  }
});

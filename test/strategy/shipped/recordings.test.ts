/**
 * The shipped strategies through the engine, on recordings: each on an account of its own, side by side in one run, as a
 * user starts them. They run to the end, nothing is refused for being nonsense, inventories keep to their limits, every
 * order is accounted for, and the same run gives the same log.
 */
import assert from 'node:assert/strict';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { SHIPPED } from '../../../src/strategy/shipped/index.ts';
import { tapehead, temporaryFolder } from '../../support/command.ts';
import { marketData, repositoryRoot } from '../../support/paths.ts';
import { twoVenues } from '../../support/two-venues.ts';

interface OrderCounts {
  readonly orders: number;
  readonly filled: number;
  readonly canceled: number;
  readonly rejected: number;
  readonly expired: number;
  readonly live: number;
  readonly executed: number;
  readonly replaces: number;
}
interface Reject {
  readonly stage: string;
  readonly reason: string;
  readonly action: string;
  readonly count: number;
}
interface Position {
  readonly strategy: string;
  readonly symbol: string;
  readonly qty: string;
  readonly bought: string;
  readonly sold: string;
  readonly inventory: { readonly maxLong: string; readonly maxShort: string };
}
interface Report {
  readonly isClosed: boolean;
  readonly session: { readonly firstOrderNs: number; readonly toNs: number };
  readonly strategies: readonly { readonly id: string; readonly orders: OrderCounts; readonly rejects: Reject[] }[];
  readonly positions: readonly Position[];
  readonly strategyStates: readonly { readonly strategy: string; readonly state: string; readonly text: string }[];
}
interface Played {
  readonly report: Report;
  readonly headHash: string;
  /** What the strategies logged. */
  readonly lines: readonly string[];
  readonly log: string;
}

type Uses = Readonly<Record<string, object>>;

async function play(t: TestContext, recordings: readonly string[], uses: Uses, threads: number): Promise<Played> {
  const folder = temporaryFolder(t);
  const names = Object.keys(uses);
  const config = {
    accounts: names.map((name) => ({ name, currency: 'USD' })),
    strategies: names.map((name) => ({ use: name, account: name, params: uses[name] })),
  };
  writeFileSync(join(folder, 'run.json'), JSON.stringify(config));
  const log = join(folder, 'log');
  const options = ['--config', join(folder, 'run.json'), '--log', log, '--threads', String(threads), '--json'];
  const run = await tapehead(['replay', ...recordings, ...options]);
  assert.equal(run.code, 0, run.stderr);
  const { report, log: written } = JSON.parse(run.stdout);
  const told = await tapehead(['log', log, '--type', 'StrategyLog', '--json']);
  const lines = told.stdout.split('\n').filter((line) => line !== '');
  return { report, headHash: written.headHash, lines, log };
}

/** Twice with another number of threads: the same log; what must hold of every run. */
async function playTwice(t: TestContext, recordings: readonly string[], uses: Uses): Promise<Played> {
  const [played, again] = await Promise.all([play(t, recordings, uses, 3), play(t, recordings, uses, 1)]);
  assert.equal(again.headHash, played.headHash);
  const { report } = played;
  assert.equal(report.isClosed, true);
  assert.deepEqual(
    report.strategyStates.filter(({ state }) => state !== 'started' && state !== 'stopped'),
    [],
    'none was halted',
  );
  for (const { id, orders, rejects } of report.strategies) {
    const sum = orders.filled + orders.canceled + orders.rejected + orders.expired + orders.live;
    assert.equal(sum, orders.orders, `${id}: every order is in one state`);
    // An order may cross its own fill, a post-only one may meet a market that has moved; nothing else is excused.
    const excused = ['VenueTooLate', 'VenueWouldTake'];
    assert.deepEqual(
      rejects.filter(({ reason }) => !excused.includes(reason)),
      [],
      id,
    );
  }
  for (const { strategy, symbol, qty, bought, sold } of report.positions) {
    const difference = Number(bought) - Number(sold) - Number(qty);
    assert.ok(Math.abs(difference) < 1e-9, `${strategy} ${symbol}: ${bought} - ${sold} is ${qty}`);
  }
  return played;
}

function positionOf(played: Played, strategy: string, symbol?: string): Position {
  const found = played.report.positions.find(
    (one) => one.strategy === strategy && (symbol === undefined || one.symbol === symbol),
  );
  assert.ok(found !== undefined, `${strategy} has traded`);
  return found;
}

function assertWithin(position: Position, most: number): void {
  const { maxLong, maxShort } = position.inventory;
  assert.ok(Number(maxLong) <= most + 1e-9 && -Number(maxShort) <= most + 1e-9, `${maxLong} .. ${maxShort}: ${most}`);
}

/** Every strategy of one instrument, with quantities for it. */
function single(qty: string, parentQty: string): Uses {
  const parent = { qty: parentQty, durationSeconds: 60 };
  return {
    'market-maker': { qty, maxInventory: 3 },
    'order-flow-imbalance': { qty, maxPosition: 2 },
    twap: parent,
    vwap: parent,
    pov: { ...parent, side: 'sell' },
    'implementation-shortfall': { ...parent, side: 'sell' },
    iceberg: parent,
    peg: { ...parent, peg: 'mid', side: 'sell' },
  };
}

const PARENTS = ['twap', 'vwap', 'pov', 'implementation-shortfall', 'iceberg', 'peg'];
const FINISHERS = ['twap', 'vwap', 'implementation-shortfall'];
/** These only rest: in a quiet minute nobody may come. */
const RESTING = ['iceberg', 'peg'];

function checkSingle(played: Played, qty: number, parentQty: number): void {
  assertWithin(positionOf(played, 'market-maker'), 3 * qty);
  assertWithin(positionOf(played, 'order-flow-imbalance'), 2 * qty);
  for (const name of PARENTS) {
    const has = played.report.positions.some(({ strategy }) => strategy === name);
    if (has || !RESTING.includes(name)) assertWithin(positionOf(played, name), parentQty);
    assert.ok(
      played.lines.some((line) => line.includes(`${name}: `) && line.includes(' executed')),
      `${name} says how it ended`,
    );
  }
  for (const name of FINISHERS) {
    assert.equal(Math.abs(Number(positionOf(played, name).qty)), parentQty, `${name} executed its parent`);
  }
  const seconds = (played.report.session.toNs - played.report.session.firstOrderNs) / 1e9;
  for (const { id, orders } of played.report.strategies) {
    assert.ok(orders.executed > 0 || RESTING.includes(id), `${id} traded`);
    const perSecond = (orders.orders + orders.replaces) / seconds;
    assert.ok(perSecond < 15, `${id}: ${perSecond.toFixed(1)} requests a second`);
  }
}

test('spot session: all strategies of one instrument side by side', async (t) => {
  const recording = join(repositoryRoot(), 'replay-data', 'spot-session.binance.gz');
  const played = await playTwice(t, [recording], single('0.5', '5'));
  checkSingle(played, 0.5, 5);
});

test('equities session: pairs, the market maker and parents through halts, crosses and a fall of 7 %', async (t) => {
  const recording = join(repositoryRoot(), 'replay-data', 'equities-session.itch50.gz');
  const day = { start: '10:00:00', end: '15:30:00', sliceSeconds: 600, qty: '5000' };
  const played = await playTwice(t, [recording], {
    'market-maker': { symbol: 'LEDR', qty: '100', maxInventory: 4 },
    pairs: { symbolA: 'TAPE', symbolB: 'REEL' },
    twap: { symbol: 'HUBB', ...day },
    vwap: { symbol: 'TAPE', ...day, curve: [3, 2, 1, 1, 2, 3] },
  });
  assertWithin(positionOf(played, 'market-maker'), 400);
  assert.equal(positionOf(played, 'twap', 'HUBB').qty, '5000');
  assert.equal(positionOf(played, 'vwap', 'TAPE').qty, '5000');
  assert.equal(Math.abs(Number(positionOf(played, 'pairs', 'TAPE').qty)), 0, 'in and out again');
  assert.equal(Math.abs(Number(positionOf(played, 'pairs', 'REEL').qty)), 0);
});

test('two venues of the same thing: arbitrage earns what it sees, flat over both in the end', async (t) => {
  const file = join(temporaryFolder(t), 'two-venues.itch50');
  writeFileSync(file, twoVenues(7, 3_000, 5));
  const params = { symbols: ['XYZA', 'XYZB'], feeBps: [1], maxOrderNotional: 2_000, maxPositionNotional: 6_000 };
  const played = await playTwice(t, [file], { 'cross-venue-arbitrage': params });
  const a = positionOf(played, 'cross-venue-arbitrage', 'XYZA');
  const b = positionOf(played, 'cross-venue-arbitrage', 'XYZB');
  assert.equal(Number(a.qty) + Number(b.qty), 0);
  assert.ok(Number(a.bought) + Number(b.bought) > 1_000, `${a.bought} and ${b.bought} bought`);
  assertWithin(a, 6_000 / 5);
});

test('every shipped strategy is played above', () => {
  const played = [...Object.keys(single('1', '1')), 'pairs', 'cross-venue-arbitrage'];
  assert.deepEqual(Object.keys(SHIPPED).sort(), played.sort());
});

for (const [name, files, qty, parentQty] of [
  ['Binance spot, 2024-08-08', ['spot_btcusdt_20240808.gz'], '0.02', '0.5'],
  ['Binance USD-M, 2024-07-18', ['usdm_btcusdt_20240718.gz'], '0.02', '0.5'],
] as const) {
  const paths = files.map((file) => marketData(join('binance', file)));
  const skip = paths.includes(null) ? 'needs ../shared/market-data' : false;
  test(`${name}: all strategies of one instrument side by side`, { skip }, async (t) => {
    const played = await playTwice(t, paths as string[], single(qty, parentQty));
    checkSingle(played, Number(qty), Number(parentQty));
  });
}

/** Portfolio risk beside the engine: figures that are right, limits that bind, and logs that re-execute with them. */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { queryLog } from '../../src/audit/log-query.ts';
import { Prng } from '../../src/core/prng.ts';
import { RecordType } from '../../src/core/record.ts';
import { portfolioRisk } from '../../src/portfolio/methods/risk.ts';
import { tapehead, temporaryFolder } from '../support/command.ts';
import { forge } from '../support/forge.ts';
import { recordsOf, replayTrading, SESSION, type TradingRun, writeStrategy } from '../support/trading-run.ts';

/** Takes ten lots at a time, three times out of four a buy. */
const TAKES = `onBook(ctx, i) {
  const book = ctx.book(i);
  if (!book.hasBid || !book.hasAsk || book.isCrossed || n++ % 25 !== 0) return;
  const buys = ctx.random.below(4) > 0;
  ctx.submit({ instrument: i, side: buys ? OrderSide.Buy : OrderSide.Sell, qtyLots: 10, timeInForce: TimeInForce.Ioc,
    priceTicks: buys ? book.askPriceTicks : book.bidPriceTicks });
}`;
const DAYS = 150;

/** Prices of REEL and of one more, by day. */
function writeHistory(path: string, seed: number): Float64Array {
  const prng = new Prng(seed);
  let prices = [40, 100];
  const returns = new Float64Array(DAYS);
  let text = 'date,REEL,OTHER\n2025-01-01,40,100\n';
  for (let day = 0; day < DAYS; day++) {
    const next = prices.map((price) => Number((price * (1 + (prng.unit() + prng.unit() - 1) * 0.04)).toFixed(4)));
    returns[day] = next[0] / prices[0] - 1;
    prices = next;
    text += `${new Date(Date.UTC(2025, 0, 2 + day)).toISOString().slice(0, 10)},${next.join(',')}\n`;
  }
  writeFileSync(path, text);
  return returns;
}

interface Scene {
  readonly folder: string;
  readonly history: string;
  readonly returns: Float64Array;
  run(portfolio: object, args?: readonly string[], name?: string): Promise<TradingRun>;
}

function scene(t: Parameters<typeof temporaryFolder>[0]): Scene {
  const folder = temporaryFolder(t);
  const history = join(folder, 'history.csv');
  const returns = writeHistory(history, 5);
  const strategy = writeStrategy(folder, TAKES);
  const run = (portfolio: object, args: readonly string[] = [], name = 'log'): Promise<TradingRun> => {
    const config = join(folder, `${name}.json`);
    const settings = { history, confidence: 0.95, window: 120, everyMs: 50, ...portfolio };
    writeFileSync(config, JSON.stringify({ strategies: [{ use: strategy }], portfolio: settings }));
    return replayTrading(folder, ['--config', config, ...args], name);
  };
  return { folder, history, returns, run };
}

const BINDING = { limits: { var: { soft: 200, hard: 300 } } };

test('a VaR limit binds: what would go beyond it is refused, and the figure is that of the library', async (t) => {
  const { run, returns } = scene(t);
  const ran = await run(BINDING);
  assert.equal(ran.code, 0, ran.stderr);
  const scenarios = { instruments: 1, observations: 120, returns: returns.subarray(DAYS - 120) };
  const settings = {
    method: { method: 'historical' },
    confidence: 0.95,
    horizonDays: 1,
    horizonRule: 'sqrt',
    window: 120,
  } as const;
  let position = 0;
  let mid = Number.NaN;
  let asked = 0;
  const seen = { VarLimit: 0, accepted: 0, reducing: 0 };
  for (const record of queryLog(ran.dir, {})) {
    if (record.type === 'Fill') position = Number(record.positionLots);
    else if (record.type === 'Bbo' && record.bidPriceTicks !== undefined && record.askPriceTicks !== undefined) {
      mid = (Number(record.bidPriceTicks) + Number(record.askPriceTicks)) / 2e4;
    } else if (record.type === 'OrderIntent') asked = (record.side === 'buy' ? 1 : -1) * Number(record.qtyLots);
    else if (record.type === 'RiskVerdict' && record.lastCheck === 28) {
      const figure = portfolioRisk(scenarios, Float64Array.of((position + asked) * mid), settings);
      assert.ok(figure.available);
      if (record.verdict === 'RiskUnavailable') continue;
      if (record.verdict === 'VarLimit') seen.VarLimit++;
      else seen.accepted++;
      const value = Number(record.value);
      assert.ok(
        Math.abs(value - figure.var) < 1e-6 * (1 + figure.var),
        `seq ${record.seq}: ${value}, by the library ${figure.var}`,
      );
      assert.equal(record.verdict === 'VarLimit', value > 300 && Math.abs(position + asked) > Math.abs(position));
      if (position * asked < 0 && record.verdict !== 'VarLimit') seen.reducing++;
    }
  }
  assert.ok(seen.VarLimit > 5 && seen.accepted > 20 && seen.reducing > 0, JSON.stringify(seen));
  const warnings = recordsOf(ran.dir, 'RiskState').filter(({ limitName }) => limitName === 'VarLimit');
  assert.ok(warnings.length > 0, 'the soft level warned');
});

test('with a risk worker too, every topology writes the same log, and it re-executes', async (t) => {
  const { folder, run } = scene(t);
  const hashes = [];
  for (const threads of ['1', '2', '3']) {
    const ran = await run({ ...BINDING, method: 'monte-carlo', paths: 500 }, ['--threads', threads], `log${threads}`);
    assert.equal(ran.code, 0, ran.stderr);
    hashes.push(ran.json.log.headHash);
  }
  assert.equal(new Set(hashes).size, 1);
  assert.ok(recordsOf(join(folder, 'log3'), 'RiskFigures').length > 20);
  const rerun = await tapehead(['rerun', join(folder, 'log3')]);
  assert.equal(rerun.code, 0, rerun.stderr);
});

test('a figure that was made up is found by a rerun, though every checksum fits', async (t) => {
  const { folder, run } = scene(t);
  const ran = await run(BINDING);
  const forged = join(folder, 'forged');
  cpSync(ran.dir, forged, { recursive: true });
  const isMeant = (reader: { type: number; seq: number }): boolean =>
    reader.type === RecordType.RiskFigures && reader.seq > 3000;
  const seq = forge(forged, isMeant, (record) => record.writeDoubleLE(record.readDoubleLE(48) / 2 + 1, 48));
  assert.equal((await tapehead(['verify', forged])).code, 0);
  const rerun = await tapehead(['rerun', forged]);
  assert.equal(rerun.code, 1);
  assert.match(rerun.stderr, new RegExp(`diverged at seq ${seq},`));
});

test('an instrument without history closes the gate for good; a history that changed stops a rerun', async (t) => {
  const { folder, history, run } = scene(t);
  writeFileSync(history, readFileSync(history, 'utf8').replace('REEL', 'NOBODY'));
  const ran = await run(BINDING);
  assert.equal(ran.code, 0, ran.stderr);
  const verdicts = recordsOf(ran.dir, 'RiskVerdict');
  assert.ok(verdicts.length > 10);
  for (const { verdict } of verdicts) assert.notEqual(verdict, 'accepted');
  assert.ok(verdicts.some(({ verdict }) => verdict === 'RiskUnavailable'));
  assert.equal(recordsOf(ran.dir, 'Fill').length, 0);
  appendFileSync(history, '2026-01-01,41,99\n');
  const rerun = await tapehead(['rerun', join(folder, 'log')]);
  assert.equal(rerun.code, 1);
  assert.match(rerun.stderr, /^tapehead: portfolio: .*history\.csv is not what it was when the run began.*\n$/);
});

test("mistakes in a portfolio's configuration are one line", async (t) => {
  const { folder, history, run } = scene(t);
  const cases: readonly (readonly [object, RegExp])[] = [
    [{ history: join(folder, 'nothing.csv') }, /portfolio: the history can't be read: .*nothing\.csv/],
    [{ method: 'guess' }, /portfolio\.method: /],
    [{ limits: { var: { soft: 2, hard: 1 } } }, /portfolio\.limits\.var: soft is above hard/],
    [{ limits: { VAR: { hard: 1 } } }, /portfolio\.limits: .*VAR/],
    [{ stress: [{ name: 'x', movesPercent: { NOBODY: -10 } }] }, /stress scenario 'x': the history has no NOBODY/],
    [{ everyMs: 0 }, /portfolio\.everyMs: /],
    [{ columns: { TAPE: 'NOBODY' } }, /portfolio\.columns: the history has no column 'NOBODY' for TAPE/],
    [{ sectors: { a: ['TAPE'], b: ['TAPE'] } }, /portfolio\.sectors: TAPE is in 'a' and in 'b'/],
  ];
  for (const [portfolio, expected] of cases) {
    const ran = await run(portfolio, [], 'wrong');
    assert.notEqual(ran.code, 0);
    assert.match(ran.stderr, expected);
    assert.match(ran.stderr, /^tapehead: [^\n]*\n$/);
  }
  writeFileSync(history, 'date,REEL\n2025-01-01,40\n');
  const short = await run({}, [], 'short');
  assert.match(short.stderr, /^tapehead: portfolio risk: [^\n]*\n$/);
  assert.equal(readFileSync(history, 'utf8').split('\n').length, 3);
});

/** On every touch of anything: an order in each instrument there is, resting or taking. */
const SPREADS = `...(() => {
  const known = [];
  return {
    onInstrument(ctx, i) { if (!known.includes(i)) known.push(i); },
    onBook(ctx, i) {
      if (n++ % 40 !== 0) return;
      for (const k of known.slice(0, 12)) {
        const book = ctx.book(k);
        if (!book.hasBid || !book.hasAsk || book.isCrossed) continue;
        const buys = ctx.random.below(3) > 0;
        const takes = ctx.random.below(2) === 0;
        const price = buys === takes ? book.askPriceTicks : book.bidPriceTicks;
        ctx.submit({ instrument: k, side: buys ? OrderSide.Buy : OrderSide.Sell, qtyLots: 5, priceTicks: price });
      }
    },
  };
})()`;

test('many orders in many instruments do not go beyond a limit together', async (t) => {
  const folder = temporaryFolder(t);
  const strategy = writeStrategy(folder, SPREADS);
  const symbols = new Set<string>();
  const log = join(folder, 'names');
  const args = ['replay', SESSION[0], '--log', log, '--no-sync', '--no-pin', '--json'];
  assert.equal((await tapehead(args)).code, 0);
  for (const { symbol } of queryLog(log, { type: 'Instrument' })) symbols.add(String(symbol));
  const names = [...symbols];
  const prng = new Prng(3);
  let text = `date,${names.join(',')}\n`;
  const prices = names.map(() => 100);
  for (let day = 0; day < 60; day++) {
    text += `${new Date(Date.UTC(2025, 0, 1 + day)).toISOString().slice(0, 10)},${prices.join(',')}\n`;
    for (const i of prices.keys()) prices[i] = Number((prices[i] * (0.98 + prng.unit() * 0.04)).toFixed(4));
  }
  writeFileSync(join(folder, 'history.csv'), text);
  const limits = { gross: { hard: 20_000 }, var: { hard: 150 } };
  const portfolio = { history: join(folder, 'history.csv'), confidence: 0.95, window: 50, limits };
  writeFileSync(join(folder, 'c.json'), JSON.stringify({ strategies: [{ use: strategy }], portfolio }));
  const dir = join(folder, 'log');
  const ran = await tapehead([...args.slice(0, 2), '--config', join(folder, 'c.json'), '--log', dir, ...args.slice(4)]);
  assert.equal(ran.code, 0, ran.stderr);
  let most = 0;
  let held = 0;
  for (const record of queryLog(dir, { type: 'RiskFigures' })) {
    most = Math.max(most, Number(record.gross));
    held = Math.max(held, Number(record.var));
  }
  // The market moves what is held; orders alone never bring it beyond.
  assert.ok(most > 10_000 && most <= 20_000 * 1.02, `gross up to ${most}`);
  assert.ok(held > 50 && held <= 150 * 1.05, `VaR up to ${held}`);
  assert.equal((await tapehead(['rerun', dir, '--strategies', folder])).code, 0);
});

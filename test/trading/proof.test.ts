/** A run that trades can be proven: the same log whatever the threads, re-executed record by record, wherever it was cut. */
import assert from 'node:assert/strict';
import { appendFileSync, cpSync, mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogReader } from '../../src/audit/log-reader.ts';
import { isOutputType } from '../../src/core/record.ts';
import { type RecordCursor, rerunLog } from '../../src/engine/rerun.ts';
import { tapehead, temporaryFolder } from '../support/command.ts';
import { recordsOf, replayTrading, SESSION, writeStrategy } from '../support/trading-run.ts';

const QUOTES = 'onBook(ctx, i) { if (n++ % 20 === 0 && ctx.random.below(2) === 0) quote(ctx, i); }';

test('one, two and three threads write the same log', async (t) => {
  const folder = temporaryFolder(t);
  const strategy = writeStrategy(folder, QUOTES);
  const hashes = [];
  for (const threads of ['1', '2', '3']) {
    const run = await replayTrading(folder, ['--strategy', strategy, '--threads', threads], `log${threads}`);
    assert.ok(run.json.report.fills.fills > 10);
    hashes.push(run.json.log.headHash);
  }
  assert.equal(new Set(hashes).size, 1);
  const other = await replayTrading(folder, ['--strategy', strategy, '--seed', '2'], 'other');
  assert.notEqual(other.json.log.headHash, hashes[0], 'another seed is another run');
});

test('a rerun needs the strategy that ran: one that is gone or was changed is named', async (t) => {
  const folder = temporaryFolder(t);
  const strategy = writeStrategy(folder, QUOTES);
  const run = await replayTrading(folder, ['--strategy', strategy]);
  assert.equal((await tapehead(['rerun', run.dir])).code, 0);
  appendFileSync(strategy, '\n// a change\n');
  const changed = await tapehead(['rerun', run.dir]);
  assert.equal(changed.code, 1);
  assert.match(changed.stderr, /^tapehead: strategy mine: .*mine\.mjs is not what it was when the run began.*\n$/);
  rmSync(strategy);
  const gone = await tapehead(['rerun', run.dir]);
  assert.notEqual(gone.code, 0);
  assert.match(gone.stderr, /^tapehead: .*mine\.mjs.*\n$/);
});

test('strategies are found in the folder that --strategies names', async (t) => {
  const folder = temporaryFolder(t);
  writeStrategy(folder, QUOTES);
  const log = join(folder, 'log');
  const ran = await tapehead(['replay', ...SESSION, '--strategy', './mine.mjs', '--log', log, '--no-sync'], {
    cwd: folder,
  });
  assert.equal(ran.code, 0, ran.stderr);
  const elsewhere = join(folder, 'elsewhere');
  mkdirSync(elsewhere);
  cpSync(join(folder, 'mine.mjs'), join(elsewhere, 'mine.mjs'));
  rmSync(join(folder, 'mine.mjs'));
  assert.equal((await tapehead(['rerun', log, '--strategies', elsewhere])).code, 0);
});

test('the log of a killed run re-executes wherever it ends, also between a Clock and what it led to', async (t) => {
  const folder = temporaryFolder(t);
  const run = await replayTrading(folder, ['--strategy', writeStrategy(folder, QUOTES)]);
  const whole = new LogReader(run.dir);
  const ends: number[] = [];
  // Around the first trading records, and around inputs all over the log.
  while (whole.next()) {
    const isTrading = whole.type >= 132 || whole.type === 101;
    if ((isTrading && ends.length < 6) || (!isOutputType(whole.type) && whole.seq % 24_691 === 0)) ends.push(whole.seq);
  }
  whole.close();
  assert.ok(ends.length >= 6);
  for (const last of ends) {
    const readers: LogReader[] = [];
    const open = (): RecordCursor => {
      const reader = new LogReader(run.dir);
      readers.push(reader);
      return cutBehind(reader, last);
    };
    const result = await rerunLog(open, { strategyDir: folder });
    assert.deepEqual({ records: result.records, divergence: result.divergence }, { records: last, divergence: null });
    for (const reader of readers) reader.close();
  }
});

test('orders, fills and positions of the log add up', async (t) => {
  const folder = temporaryFolder(t);
  const config = ['--strategy', 'market-maker', '--params', 'symbol=REEL'];
  const run = await replayTrading(folder, config);
  const last = new Map<number, string>();
  for (const state of recordsOf(run.dir, 'OrderState')) last.set(Number(state.orderId), String(state.ordStatus));
  const { orders } = run.json.report;
  assert.equal(last.size, orders.orders);
  const count = (...names: string[]): number => [...last.values()].filter((status) => names.includes(status)).length;
  assert.equal(count('Filled'), orders.filled);
  assert.equal(count('Canceled'), orders.canceled);
  assert.equal(count('Rejected'), orders.rejected);
  assert.equal(count('Expired'), orders.expired);
  assert.equal(orders.orders, orders.filled + orders.canceled + orders.rejected + orders.expired + orders.live);

  let position = 0;
  let cash = 0n;
  const cum = new Map<number, number>();
  for (const fill of recordsOf(run.dir, 'Fill')) {
    const qty = Number(fill.lastQtyLots);
    const sign = fill.side === 'buy' ? 1 : -1;
    position += sign * qty;
    cash -= BigInt(sign * qty) * BigInt(Number(fill.lastPxTicks));
    cum.set(Number(fill.orderId), (cum.get(Number(fill.orderId)) ?? 0) + qty);
    assert.equal(fill.positionLots, position, 'the position is the sum of the fills');
    const cost = BigInt(Math.round(Number(fill.avgCostTicks) * position));
    const realised = Number(cash + cost) - Number(fill.realisedSoFarUnits);
    assert.ok(Math.abs(realised) <= 1, 'realised = cash + cost of what is open');
  }
  for (const state of recordsOf(run.dir, 'OrderState')) {
    const { orderId, ordStatus, cumQtyLots, leavesQtyLots, qtyLots } = state;
    if (ordStatus === 'Filled') assert.equal(cumQtyLots, cum.get(Number(orderId)));
    assert.ok(Number(cumQtyLots) + Number(leavesQtyLots) <= Math.max(Number(qtyLots), Number(cumQtyLots)));
  }
  assert.ok(run.json.report.fills.fills > 0);
});

/** A log that ends with record `last`. */
function cutBehind(reader: LogReader, last: number): RecordCursor {
  return {
    next: () => reader.seq < last && reader.next(),
    get at() {
      return reader.at;
    },
    get u32() {
      return reader.u32;
    },
    get f64() {
      return reader.f64;
    },
    get bytes() {
      return reader.bytes;
    },
  };
}

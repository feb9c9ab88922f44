import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import { LogReader } from '../../src/audit/log-reader.ts';
import { LiveView } from '../../src/cli/live-view.ts';
import { BacktestReport } from '../../src/report/backtest-report.ts';
import { LiveStatus } from '../../src/report/live-status.ts';
import { tapehead, temporaryFolder } from '../support/command.ts';
import { repositoryRoot } from '../support/paths.ts';
import { plainTerminal } from '../support/plain-terminal.ts';

const SPOT = join(repositoryRoot(), 'replay-data/spot-session.binance.gz');

/** A run's records, folded: all of them, or without those in a hole. */
function folded(directory: string, hole: readonly [number, number] = [0, 0]): LiveStatus {
  const status = new LiveStatus();
  const reader = new LogReader(directory);
  while (reader.next()) {
    const { seq } = reader;
    if (seq < hole[0] || seq > hole[1]) status.take(reader);
  }
  reader.close();
  return status;
}

const figures = {
  nowNs: 3_600e9,
  seconds: 10,
  messages: 1000,
  durableSeq: 90,
  logBytes: 1_500_000,
  logDir: 'log',
  feedRing: 0.25,
  journalRing: 0,
  venues: [],
};

test('what a run looks like at its end is what its report says', async (t) => {
  const log = join(temporaryFolder(t), 'log');
  const run = await tapehead(['replay', SPOT, '--strategy', 'market-maker', '--log', log]);
  assert.equal(run.code, 0, run.stderr);
  const report = BacktestReport.of(log);
  const status = folded(log);
  assert.equal(status.missed, 0);
  const instruments = status.instruments.filter((one) => one !== undefined);
  assert.ok(instruments.length > 0 && instruments.every((one) => one.stale === 0 && one.bidTicks < one.askTicks));
  assert.ok(status.fills > 0);
  const { json } = report;
  const net = Number(json.pnl[0].net);
  assert.ok(Math.abs(status.profit() - net) < 1e-6 * Math.max(1, Math.abs(net)), `${status.profit()} and ${net}`);

  const terminal = plainTerminal();
  const view = new LiveView(terminal);
  assert.match(view.changes(status).join('\n'), /live, \d/);
  assert.deepEqual(view.changes(status), []);
  assert.match(view.line(status, figures), /books? live .*100 messages\/s.*fills .*P&L -?[\d,]+\.\d+ .*durable 90/);
  view.redraw(status, figures);
  view.erase();
  assert.ok(status.openOrderCount >= 0);
});

test('a reader that missed records says how many, and the touch is right again', async (t) => {
  const log = join(temporaryFolder(t), 'log');
  const run = await tapehead(['replay', SPOT, '--log', log]);
  assert.equal(run.code, 0, run.stderr);
  const whole = folded(log);
  const cut = folded(log, [1000, 1999]);
  assert.equal(cut.missed, 1000);
  const touches = (status: LiveStatus) => status.instruments.map((one) => [one?.bidTicks, one?.askTicks, one?.stale]);
  assert.deepEqual(touches(cut), touches(whole));
});

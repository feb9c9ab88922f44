/**
 * Clones: just before a real order X came to rest, an own order of its price is put in line, without latency, and never
 * touched. It must not fill while anything ahead of it is there, and it must have filled as much as X whenever X executes.
 * What is ahead is followed here by lists of references, apart from src/venue and from test/support/naive-queues.ts.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { EventFlag, EventKind } from '../../src/core/event.ts';
import { FillReason } from '../../src/core/order.ts';
import { type CloneReport, followClones } from '../support/clones.ts';
import type { SeenEvent } from '../support/event-probe.ts';
import { marketData, repositoryRoot } from '../support/paths.ts';
import { recordedEvents } from '../support/recorded-events.ts';

async function clones(
  t: TestContext,
  path: string | null,
  options: object,
  every: number,
): Promise<CloneReport | null> {
  if (path === null) {
    t.skip('../shared/market-data is absent');
    return null;
  }
  const events: SeenEvent[] = await recordedEvents(path, options);
  assert.ok(events.some(({ kind, flags }) => kind === EventKind.Execute && (flags & EventFlag.NonPrintable) === 0));
  const report = followClones(events, every);
  t.diagnostic(JSON.stringify(report));
  assert.deepEqual(report.early, [], 'no clone fills while something ahead of it is left');
  assert.deepEqual(report.late, [], 'a clone has filled as much as the order behind it');
  return report;
}

test('LOBSTER: clones of GOOG orders fill when everything ahead is gone', async (t) => {
  const path = marketData('lobster/LOBSTER_SampleFile_GOOG_2012-06-21_10.zip');
  const report = await clones(t, path, { maxMessages: 10_000 }, 3);
  if (report !== null) assert.ok(report.filled > 50 && report.reasons[FillReason.QueuePassed] > 10);
});

test('ITCH: clones of AAPL orders fill when everything ahead is gone', async (t) => {
  const report = await clones(t, marketData('itch50/AAPL_20200130_locate13_first10k.itch50'), {}, 1);
  if (report !== null) assert.ok(report.filled > 20);
});

test('the own session: clones of orders fill when everything ahead is gone', async (t) => {
  const path = join(repositoryRoot(), 'replay-data', 'equities-session.itch50.gz');
  const report = await clones(t, path, { symbols: ['LEDR'], maxMessages: 120_000 }, 3);
  assert.ok(report !== null && report.filled > 25 && report.reasons[FillReason.QueuePassed] > 10);
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Traces } from '../../latency-bench/traces.ts';
import { createWhole, WholeFeedTrace, wholeWord } from '../../latency-bench/workers/whole-trace.ts';
import { createTraceBuffer, EventStamps, GatewayTrace, Stamp } from '../../src/core/trace.ts';

/** One event that trades, through every stage but those left out. */
function traded(leftOut: readonly Stamp[]): Traces {
  const buffer = createTraceBuffer({ every: 1, gateway: true, audit: false });
  const whole = createWhole();
  const feed = new WholeFeedTrace(buffer, whole);
  feed.readOnSchedule(Float64Array.of(1), 0);
  const id = feed.open();
  const stamps = new EventStamps(buffer);
  stamps.begin(Float64Array.of(id), 0);
  if (!leftOut.includes(Stamp.Journalled)) stamps.mark(Stamp.Journalled);
  stamps.booked();
  pause();
  for (const stamp of [Stamp.Intent, Stamp.Verdict]) if (!leftOut.includes(stamp)) stamps.markOrder(stamp);
  pause();
  stamps.markOrder(Stamp.Sent);
  stamps.end(1);
  const gateway = new GatewayTrace(buffer);
  gateway.take();
  const now = Number(process.hrtime.bigint());
  new Float64Array(whole)[wholeWord(id) + 1] = now;
  gateway.written(id);
  const traces = new Traces(buffer, whole);
  traces.collect();
  assert.equal(traces.count, 1);
  return traces;
}

const PAUSE_NS = 2e6;

function pause(): void {
  const endNs = process.hrtime.bigint() + BigInt(PAUSE_NS);
  while (process.hrtime.bigint() < endNs);
}

test('the stages are held against a whole that was measured on its own: one that is not stamped is missed', () => {
  const restOf = (leftOut: readonly Stamp[]): number => Math.abs(traded(leftOut).tickToTrade(new Map()).unexplainedNs);
  const best = Math.min(...Array.from({ length: 5 }, () => restOf([])));
  assert.ok(best < PAUSE_NS / 2, `all stamped: ${best} ns are not explained`);
  const rest = restOf([Stamp.Verdict]);
  assert.ok(rest > PAUSE_NS / 2, `risk and oms are not stamped: only ${rest} ns are not explained`);
});

/** A model that missed records: what the later ones state is right again, what can't be known is marked. */
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { LogReader } from '../../src/audit/log-reader.ts';
import { Prng } from '../../src/core/prng.ts';
import { Model } from '../../src/dashboard/model/model.ts';
import type { OrderRow } from '../../src/dashboard/protocol.ts';
import { type DashboardSession, startSession } from '../support/dashboard-session.ts';

let session: DashboardSession;
before(async () => {
  session = await startSession({ speed: Number.POSITIVE_INFINITY });
  await session.run.done;
});
after(() => session.end());

/** Reads the log but for the records `from` to `to`. */
function readBut(from: number, to: number): Model {
  const model = new Model();
  const reader = new LogReader(session.logDirectory);
  try {
    while (reader.next()) if (reader.seq < from || reader.seq > to) model.take(reader, reader.at);
  } finally {
    reader.close();
  }
  return model;
}

test('behind a hole touch, orders that changed and positions that traded are right; depth is marked until a snapshot', () => {
  const whole = readBut(0, 0);
  const seed = 20_261_123;
  const prng = new Prng(seed);
  assert.equal(whole.lapsedSeq, 0);
  assert.equal(whole.market.depth(0, 10).whole, true);
  for (let round = 0; round < 3; round++) {
    const from = 2_000 + prng.below(whole.seq >> 1);
    const to = from + prng.below(whole.seq >> 3);
    const model = readBut(from, to);
    const what = `seed ${seed}, without ${from} to ${to}`;
    assert.equal(model.lapsedSeq, to + 1, what);
    assert.equal(model.seq, whole.seq);
    assert.deepEqual(model.market.topRow(0).slice(0, 7), whole.market.topRow(0).slice(0, 7), what);
    assert.ok(model.alerts.history.rows().some(([, , , kind]) => kind === 'dashboard'));
    const depth = model.market.depth(0, 5);
    const [bid, , ask] = whole.market.topRow(0).slice(1);
    assert.equal(depth.bids[0]?.[0], bid, what);
    assert.equal(depth.asks[0]?.[0], ask, what);
    for (let i = 1; i < depth.bids.length; i++) assert.ok(depth.bids[i][0] < depth.bids[i - 1][0], what);
    model.trading.refresh();
    whole.trading.refresh();
    const [ours] = model.trading.positions.rows();
    const [theirs] = whole.trading.positions.rows();
    assert.equal(ours[2], theirs[2], what);
    assert.ok(Math.abs(ours[4] - theirs[4]) <= Math.abs(theirs[4]) * 1e-9, what);
    assert.ok(Math.abs(ours[5] - theirs[5]) < 1e-6, what);
    for (const row of model.trading.orders.rows()) {
      const right = whole.trading.orders.get(row[0]) as OrderRow;
      if (row[15] > model.trading.pnl.rows()[0][0] && row[15] === right[15])
        assert.deepEqual(row.slice(7, 13), right.slice(7, 13), what);
    }
  }
});

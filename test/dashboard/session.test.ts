/** A real replay with its dashboard: what a client is told is what the engine, its log and its reports say. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import type { FeedRow, LogPayload, OrderRow, PositionRow, StatePayload } from '../../src/dashboard/protocol.ts';
import { ServerFrame } from '../../src/dashboard/protocol.ts';
import { failureOf } from '../../src/engine.ts';
import { BacktestReport } from '../../src/report/backtest-report.ts';
import { LogPass } from '../../src/report/log-pass.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { startSession } from '../support/dashboard-session.ts';

test('behind a replay at full speed, orders, positions and P&L are those of the report, and nothing was missed', async () => {
  const session = await startSession({ speed: Number.POSITIVE_INFINITY });
  const client = await TestClient.open(session.opened);
  try {
    const report = await session.run.done;
    assert.equal(failureOf(report), null);
    const state = client.subscribe('state');
    const positions = client.subscribe('positions');
    const pnl = client.subscribe('pnl');
    const orders = client.subscribe('orders');
    const fills = client.subscribe('fills');
    const log = client.subscribe('log');
    const feed = client.subscribe('feed');
    await client.until(() => (state.value as StatePayload | null)?.ended === 'end of feed');
    // Looked at some times a second: the first rows may be of before the end.
    await client.until(() => feed.rows.length > 0 && feed.rows.every(([, standing]) => standing === 'ended'));
    assert.equal((state.value as StatePayload).lapsedSeq, 0);
    assert.equal((state.value as StatePayload).seq, report.log?.records);
    await client.until(() => (log.value as LogPayload | null)?.headHash === report.log?.headHash);

    const { json } = BacktestReport.of(session.logDirectory);
    const pass = LogPass.over(session.logDirectory);
    assert.ok(pass.flow.fills.count > 10, 'the session trades');
    for (const position of pass.positions) {
      const row = (positions.rows as unknown as PositionRow[]).find(([, index]) => index === position.instrument);
      assert.ok(row !== undefined);
      const midTwice = pass.market.midTwice(position.instrument);
      assert.equal(row[2], Number(position.qtyLots));
      assert.equal(row[4], position.money(position.realised).toNumber());
      assert.equal(row[6], position.money(position.fees).toNumber());
      assert.equal(row[5], position.gross(midTwice).minus(position.money(position.realised)).toNumber());
    }
    const total = pnl.rows.at(-1)?.[3];
    assert.ok(typeof total === 'number' && json !== null);
    const { orders: table } = pass.flow;
    for (const row of orders.rows as unknown as OrderRow[]) {
      assert.equal(row[9], table.cumQtyLots.get(row[0]), `order ${row[0]}: executed`);
      assert.equal(row[8], table.qtyLots.get(row[0]), `order ${row[0]}: quantity`);
      assert.equal(row[15] >= row[14], true);
    }
    assert.equal(fills.rows.length, Math.min(2000, pass.flow.fills.count));
    const whole = (feed.rows as unknown as FeedRow[]).find(([name]) => name === 'feed');
    assert.equal(whole?.[1], 'ended');
    assert.equal(whole?.[2], report.engine?.events);
    assert.deepEqual(new Set(feed.rows.map(([, standing]) => standing)), new Set(['ended']));
    assert.deepEqual(client.hello?.strategies, ['market-maker']);
    assert.equal(client.hello?.currency, 'USD');
    client.send([6, 9, 1]);
    const story = await client.frame(ServerFrame.StoryOf);
    assert.match(String((story[3] as string[])[0]), /^order 1 {2}/);
  } finally {
    await client.end();
    await session.end();
  }
});

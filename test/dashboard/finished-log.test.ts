/** A finished log with its time slider: any moment is what a reader that stops there would have. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, before, test } from 'node:test';
import { LogReader } from '../../src/audit/log-reader.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import { getSessionNs } from '../../src/core/time.ts';
import { LogArchive } from '../../src/dashboard/log-archive.ts';
import { LogServer } from '../../src/dashboard/log-server.ts';
import { Model } from '../../src/dashboard/model/model.ts';
import { servingOptions } from '../../src/dashboard/options.ts';
import { type LogPayload, ServerFrame, type StatePayload } from '../../src/dashboard/protocol.ts';
import { makeTokens } from '../../src/dashboard/tokens.ts';
import { failureOf } from '../../src/engine.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { startSession } from '../support/dashboard-session.ts';

const root = mkdtempSync(join(tmpdir(), 'tapehead-archive-'));
let directory = '';
let close = async (): Promise<void> => {};

before(async () => {
  const session = await startSession({ speed: Number.POSITIVE_INFINITY });
  directory = session.logDirectory;
  close = () => session.end();
  assert.equal(failureOf(await session.run.done), null);
});
after(async () => {
  await close();
  rmSync(root, { recursive: true, force: true });
});

/** Everything a model tells, as plain data. */
function told(model: Model): unknown {
  const { market, trading, standing } = model;
  trading.refresh();
  const sorted = (rows: readonly (readonly unknown[])[]) => rows.map(String).sort();
  return {
    seq: model.seq,
    nowNs: model.nowNs,
    ended: model.ended,
    books: market.books.defs.map((def) => (def === undefined ? null : market.depth(def.instrument, 1000))),
    top: market.books.defs.map((def) => (def === undefined ? null : market.topRow(def.instrument))),
    instruments: market.books.defs.map((def) => (def === undefined ? null : market.instrumentRow(def.instrument))),
    trades: market.trades.rows(),
    orders: sorted(trading.orders.rows()),
    fills: trading.fills.rows(),
    positions: sorted(trading.positions.rows()),
    pnl: trading.pnl.rows(),
    strategies: [...standing.strategies],
    venues: [...standing.venues],
    killed: [...standing.killed],
    alerts: model.alerts.history.rows().map(([seq]) => seq),
  };
}

/** A model that read the log up to `ns` and no further. */
function upTo(ns: number): Model {
  const model = new Model();
  const reader = new LogReader(directory);
  try {
    while (reader.next()) {
      if (reader.seq > 1 && getSessionNs(reader.u32, (reader.at >> 2) + 4, model.base) > ns) break;
      model.take(reader, reader.at);
    }
  } finally {
    reader.close();
  }
  return model;
}

test('any moment, forwards and backwards, is what reading the log up to there gives', async () => {
  const archive = await LogArchive.open(directory, { recordsApart: 5_000 });
  assert.ok(archive.keyframeCount > 10);
  const { firstNs, nowNs } = archive.view.model;
  const seed = 20_261_123;
  const prng = new Prng(seed);
  const moments = [firstNs, nowNs, firstNs - 1e9, nowNs + 1e9];
  for (let i = 0; i < 6; i++) moments.push(firstNs + prng.below(1e6) * ((nowNs - firstNs) / 1e6));
  let { view } = archive;
  for (const ns of moments) {
    view = archive.seek(ns, view);
    assert.deepEqual(told(view.model), told(upTo(ns)), `seed ${seed}, ${ns}`);
  }
  archive.leave(view);
  assert.ok(view.model.market.def(0)?.bookKind === BookKind.L2);
});

test('keyframes are thinned out, and moments stay right', async () => {
  const archive = await LogArchive.open(directory, { recordsApart: 500 });
  assert.ok(archive.keyframeCount <= 64);
  const { firstNs, nowNs } = archive.view.model;
  const ns = Math.round((firstNs + nowNs) / 2);
  assert.deepEqual(told(archive.seek(ns, archive.view).model), told(upTo(ns)));
});

test('clients of a finished log go back and forth by themselves, and can command nothing', async () => {
  const tokens = makeTokens();
  const served = await LogServer.start(directory, {
    serving: servingOptions({ port: 0, tokens }),
    tapehead: 'test',
    checkNames: [],
    assetsDirectory: null,
  });
  const { url, library, remark } = served.server;
  const opened = { url, library, remark, madeUp: tokens };
  const one = await TestClient.open(opened, { role: 'admin' });
  const other = await TestClient.open(opened, { role: 'view' });
  try {
    const { fromNs = 0, toNs = 0, mode } = one.hello ?? {};
    assert.equal(mode, 'log');
    assert.ok(fromNs < toNs);
    const mine = one.subscribe('state', { rate: 60 });
    const fills = one.subscribe('fills', { rate: 60 });
    const theirs = other.subscribe('state', { rate: 60 });
    const log = other.subscribe('log');
    await one.until(() => mine.value !== null && fills.snapshots > 0);
    const allFills = fills.rows.length;
    const middleNs = Math.round((fromNs + toNs) / 2);
    one.send([7, middleNs]);
    await one.until(() => (mine.value as StatePayload).nowNs <= middleNs);
    await one.until(() => fills.rows.length < allFills);
    assert.ok(fills.rows.every((row) => Number(row[1]) <= middleNs));
    one.send([7, toNs]);
    await one.until(() => (mine.value as StatePayload).ended === 'end of feed' && fills.rows.length === allFills);
    await other.until(() => theirs.value !== null && log.value !== null);
    assert.equal((theirs.value as StatePayload).ended, 'end of feed');
    assert.equal((log.value as LogPayload).isClosed, true);
    assert.match((log.value as LogPayload).headHash, /^[0-9a-f]{64}$/);
    assert.equal(
      (await one.command({ do: 'kill', scope: 'engine' })).text,
      'this is a finished log: nothing can be commanded',
    );
    other.send([6, 3, 1]);
    assert.match(String((await other.frame(ServerFrame.StoryOf))[3]), /^order 1 /);
  } finally {
    await one.end();
    await other.end();
    await served.close();
  }
});

test('what is no log is said in one line', async () => {
  await assert.rejects(LogArchive.open(join(root, 'none')), (error: Error) => error.name === 'TapeheadError');
});

/** Who gets what, and when, without sockets: a client that reads everything, a clock that the test moves. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '@msgpack/msgpack';
import { Gauges } from '../../src/dashboard/model/gauges.ts';
import { Model } from '../../src/dashboard/model/model.ts';
import { Table } from '../../src/dashboard/model/table.ts';
import { Outbox } from '../../src/dashboard/outbox.ts';
import { ServerFrame, type Topic } from '../../src/dashboard/protocol.ts';
import { Subscriptions } from '../../src/dashboard/subscriptions.ts';
import type { View } from '../../src/dashboard/topics.ts';

/** Everything that a client was sent, in order; it reads at once. */
class Reader {
  readonly frames: (readonly unknown[])[] = [];
  writes = 0;
  readonly outbox = new Outbox({
    isOpen: true,
    backlogBytes: () => 0,
    sendAll: (frames) => {
      this.writes++;
      for (const frame of frames) this.frames.push(decode(frame as Uint8Array) as readonly unknown[]);
      return true;
    },
  });

  of(id: number): (readonly unknown[])[] {
    return this.frames.filter(([, to]) => to === id);
  }
}

function emptyView(): View {
  const sources = { telemetry: null, journal: null, journalReaders: [], feedRing: null, logDirectory: '' };
  return { model: new Model(), gauges: new Gauges(sources), epoch: 0 };
}

function subscribeAll(subscriptions: Subscriptions, reader: Reader, view: View, topics: readonly Topic[]): void {
  // A rate of its own makes a channel of its own.
  for (const [i, topic] of topics.entries())
    subscriptions.add(i + 1, reader, view, topic, { rate: 10 + i, instrument: -1, depth: 20 }, 0);
}

test('however much one tick has for a client that reads everything, all its subscriptions get it', () => {
  const view = emptyView();
  const subscriptions = new Subscriptions(() => 0);
  const reader = new Reader();
  subscribeAll(subscriptions, reader, view, ['alerts', 'alerts', 'alerts', 'alerts']);
  for (let second = 1; second <= 5; second++) {
    for (
      let i = 0;
      i < 200;
      i++ // twice what a client may have waiting, for each subscription
    )
      view.model.alerts.add(1, second * 2e9, 'info', 'test', `${second} ${i} ${'x'.repeat(600)}`);
    subscriptions.tick(second * 1000);
    for (const id of [1, 2, 3, 4]) {
      const [type, , seq, rows] = reader.of(id).at(-1) as [number, number, number, readonly unknown[]];
      assert.deepEqual([type, seq, rows.length], [ServerFrame.Update, second + 1, 200], `subscription ${id}`);
    }
  }
  assert.equal(subscriptions.counts.conflated, 0);
});

test('what is small goes out in one write', () => {
  const view = emptyView();
  const subscriptions = new Subscriptions(() => 0);
  const reader = new Reader();
  subscribeAll(subscriptions, reader, view, ['alerts', 'state', 'alerts', 'log']);
  view.model.alerts.add(1, 1, 'info', 'test', 'something');
  reader.writes = 0;
  subscriptions.tick(1000);
  assert.equal(reader.writes, 1);
});

test('what a command changes goes out first, however many others are due', () => {
  const view = emptyView();
  let nowMs = 0;
  const subscriptions = new Subscriptions(() => {
    nowMs += 15; // each channel takes so long: a tick serves two of them
    return nowMs;
  });
  const reader = new Reader();
  const others = Array.from({ length: 20 }, (): Topic => 'alerts');
  subscribeAll(subscriptions, reader, view, [...others, 'state']);
  view.model.standing.killed.add('engine');
  view.model.alerts.add(1, 1, 'error', 'kill', 'engine');
  subscriptions.hasten(['state']);
  subscriptions.tick(1000);
  const [, , , state] = reader.of(21).at(-1) as [number, number, number, { killed: readonly string[] }];
  assert.deepEqual(state.killed, ['engine']);
});

test('a view that goes back behind the moment where samples were dropped tells the samples anew', () => {
  const view = emptyView();
  const { model } = view;
  const sample = (count: number): void => {
    for (let i = 0; i < count; i++) model.standing.risk.push(i, [i, 'ok', 1, 1, 1, 1, 1, 1, 1, 1, 1, 1]);
  };
  sample(100);
  const before = model.save();
  sample(5_000); // more than are kept
  assert.equal(model.standing.risk.thinned, 1);
  const subscriptions = new Subscriptions(() => 0);
  const reader = new Reader();
  subscribeAll(subscriptions, reader, view, ['risk']);
  model.load(before);
  subscriptions.tick(1000);
  const [type, , , rows] = reader.of(1).at(-1) as [number, number, number, readonly unknown[]];
  assert.deepEqual([type, rows.length], [ServerFrame.Snapshot, 100]);
});

test('a table that was kept has its rows in the order in which they came, and still knows which changed first', () => {
  const table = new Table<number, readonly [number, string]>();
  for (const key of [1, 2, 3]) table.set(key, [key, 'new']);
  table.set(1, [1, 'changed']);
  const other = new Table<number, readonly [number, string]>();
  other.load(table.save());
  other.set(4, [4, 'new']);
  assert.deepEqual(
    other.rows().map(([key]) => key),
    [1, 2, 3, 4],
  );
  assert.deepEqual([...other.keys()], [2, 3, 1, 4]);
});

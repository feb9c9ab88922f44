/** Who comes late, or lost a frame on the way, ends with what everybody else has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { decode } from '@msgpack/msgpack';
import { Prng } from '../../src/core/prng.ts';
import { ClientFrame, ServerFrame } from '../../src/dashboard/protocol.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';

const UNLIMITED = { perSecond: 1e9, burst: 1e9 };
const LIMITS = { frames: UNLIMITED, connects: UNLIMITED };
const ID = 900;

test('who comes late gets the last thousand alerts, oldest first, and from then on each new one once', async () => {
  const rig = await DashboardRig.start({ limits: LIMITS });
  const { model } = rig.view;
  const add = (count: number): void => {
    for (let i = 0; i < count; i++)
      model.alerts.add(++model.seq, model.seq * 2e9, 'info', 'test', `alert ${model.seq}`);
  };
  add(1_500);
  const client = await TestClient.open(rig.opened);
  try {
    const alerts = client.subscribe('alerts', { rate: 60 });
    await client.until(() => alerts.snapshots === 1);
    const seqs = () => alerts.rows.map(([seq]) => Number(seq));
    assert.deepEqual(
      seqs(),
      Array.from({ length: 1_000 }, (_, i) => 501 + i),
    );
    for (let i = 0; i < 5; i++) {
      add(7);
      await client.until(() => alerts.rows.length === 1_000 + 7 * (i + 1));
    }
    assert.deepEqual(
      seqs(),
      Array.from({ length: 1_035 }, (_, i) => 501 + i),
    );
    add(1_200); // more at once than is kept
    await client.until(() => seqs().at(-1) === 2_735);
    assert.deepEqual(
      seqs().slice(-1_000),
      Array.from({ length: 1_000 }, (_, i) => 1_736 + i),
    );
  } finally {
    await client.end();
    await rig.close();
  }
});

test('a client that sees a hole in the sequence subscribes again, as the protocol page says, and has everything', async () => {
  const rig = await DashboardRig.start({ limits: LIMITS });
  const { model } = rig.view;
  const client = await TestClient.open(rig.opened);
  const seed = 20_261_123;
  const prng = new Prng(seed);
  let rows: (readonly unknown[])[] = [];
  let seq = 0;
  let isWaiting = true;
  let holes = 0;
  const subscribe = (): void => {
    seq = 0;
    isWaiting = true;
    client.send([ClientFrame.Subscribe, ID, 'alerts', { rate: 60 }]);
  };
  client.socket.on('message', (data: Buffer) => {
    const [type, id, number, payload] = decode(data) as [number, number, number, (readonly unknown[])[]];
    if (id !== ID || (type !== ServerFrame.Snapshot && type !== ServerFrame.Update)) return;
    if (number > 1 && prng.below(4) === 0) return; // lost on the way
    // Frames of the subscription before may still come.
    if (isWaiting && !(type === ServerFrame.Snapshot && number === 1)) return;
    isWaiting = false;
    if (number !== seq + 1) {
      holes++;
      client.send([ClientFrame.Unsubscribe, ID]);
      subscribe();
      return;
    }
    seq = number;
    rows = type === ServerFrame.Snapshot ? [...payload] : [...rows, ...payload];
  });
  try {
    subscribe();
    const told = () => rows.map(([one]) => Number(one));
    for (let i = 0; i < 60 || holes < 3; i++) {
      assert.ok(i < 1_000, `seed ${seed}: ${holes} holes`);
      model.alerts.add(++model.seq, model.seq * 2e9, 'info', 'test', `alert ${model.seq}`);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    // The last one may be among those that are lost: then the next one shows the hole.
    await client.until(() => {
      if (told().at(-1) === model.seq) return true;
      model.alerts.add(++model.seq, model.seq * 2e9, 'info', 'test', `alert ${model.seq}`);
      return false;
    });
    assert.deepEqual(
      told(),
      Array.from({ length: told().length }, (_, i) => i + 1),
      `seed ${seed}`,
    );
    assert.equal(rig.server.subscriptions.channelCount, 1);
  } finally {
    await client.end();
    await rig.close();
  }
});

/** Clients that mean harm: each loses its own connection, with a code, and nobody else notices. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '@msgpack/msgpack';
import { Prng } from '../../src/core/prng.ts';
import { readFrame } from '../../src/dashboard/guard.ts';
import { ClientFrame, CloseCode, ServerFrame } from '../../src/dashboard/protocol.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';
import { dropConnections, untilGone } from '../support/dropped-connections.ts';
import { malformed } from '../support/malformed-frames.ts';

const UNLIMITED = { perSecond: 1e9, burst: 1e9 };
const OPEN = { frames: UNLIMITED, connects: UNLIMITED };

function nested(depth: number): unknown {
  let value: unknown = 1;
  for (let i = 0; i < depth; i++) value = [value];
  return value;
}

test('frames that are not what a frame is close their client with a code, and another client sees nothing of it', async () => {
  const rig = await DashboardRig.start({ limits: OPEN });
  const witness = await TestClient.open(rig.opened);
  const state = witness.subscribe('counters', { rate: 60 });
  const bad: Uint8Array[] = [
    new Uint8Array(0),
    Buffer.from([0xc1]),
    Buffer.from([0x91]),
    Buffer.from([0xdd, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0xdf, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0xdb, 0xff, 0xff, 0xff, 0xff]),
    Buffer.from([0xc7, 1, 1, 1]),
    Buffer.concat([encode([5, 1]), Buffer.from([0])]),
    encode({ a: 1 }),
    encode(nested(50)),
    Buffer.from([0x93, 3, 1, 0x81, 0xa9, ...Buffer.from('__proto__'), 0x80]),
    Buffer.from([0x93, 3, 1, 0x81, 0xab, ...Buffer.from('constructor'), 0x80]),
    Buffer.from([0x93, 3, 1, 0x82, 0xa1, 0x61, 1, 0xa1, 0x61, 2]),
    encode([1, 1, 'x'.repeat(2000)]),
    encode(Array.from({ length: 1000 }, () => 1)),
  ];
  try {
    for (const frame of bad) {
      const client = await TestClient.open(rig.opened);
      client.socket.send(frame);
      const read = readFrame(Buffer.from(frame));
      if ('problem' in read)
        assert.equal(await client.closed, CloseCode.BadFrame, Buffer.from(frame).toString('hex').slice(0, 40));
      else await client.end();
    }
    const client = await TestClient.open(rig.opened);
    client.socket.send('text');
    assert.equal(await client.closed, CloseCode.BadFrame);
    const large = await TestClient.open(rig.opened);
    large.socket.send(Buffer.alloc(17 << 10));
    assert.equal(await large.closed, 1009);
    const seen = state.updates;
    await witness.until(() => state.updates > seen);
    assert.equal(({} as Record<string, unknown>).polluted, undefined);
  } finally {
    await witness.end();
    await rig.close();
  }
});

test('what makes no sense is answered, and too much of it ends the connection', async () => {
  const rig = await DashboardRig.start({ limits: OPEN });
  const client = await TestClient.open(rig.opened);
  const nonsense: unknown[][] = [
    [99],
    [],
    ['subscribe'],
    [ClientFrame.Subscribe, 0, 'state'],
    [ClientFrame.Subscribe, 70000, 'state'],
    [ClientFrame.Subscribe, 1, 'everything'],
    [ClientFrame.Subscribe, 1, 'depth'],
    [ClientFrame.Subscribe, 1, 'depth', { instrument: 3 }],
    [ClientFrame.Subscribe, 1, 'state', { rate: 1000 }],
    [ClientFrame.Subscribe, 1, 'state', { speed: 1 }],
    [ClientFrame.Subscribe, 1, 'state', [1]],
    [ClientFrame.Unsubscribe, 5],
    [ClientFrame.Confirm, 1, 2],
    [ClientFrame.Ping, 'x'],
    [ClientFrame.Story, 1, 'x'],
    [ClientFrame.Seek, 5],
  ];
  try {
    for (const [i, frame] of nonsense.entries()) {
      client.send(frame);
      await client.until(() => client.frames.length > i);
      assert.equal(client.frames[i][0], ServerFrame.Problem, JSON.stringify(frame));
    }
    for (let i = 0; i < 10; i++) client.send([99]);
    assert.equal(await client.closed, CloseCode.BadFrame);
  } finally {
    await client.end();
    await rig.close();
  }
});

test('20,000 malformed frames, seeded: none gets through, none throws', async () => {
  const seed = 20_261_123;
  const prng = new Prng(seed);
  let closed = 0;
  for (let i = 0; i < 20_000; i++) {
    const read = readFrame(malformed(prng));
    if ('problem' in read) closed++;
    else assert.ok(Array.isArray(read.value), `seed ${seed}, frame ${i}`);
  }
  assert.ok(closed > 10_000, `seed ${seed}: ${closed} were refused`);
});

test('some hundred of them over sockets: the server stays, whoever sent them is closed or answered', async () => {
  const rig = await DashboardRig.start({ limits: { ...OPEN, clientsOfAddress: 1000 } });
  const prng = new Prng(7);
  try {
    for (let i = 0; i < 150; i++) {
      const client = await TestClient.open(rig.opened);
      for (let k = 0; k < 5; k++) client.socket.send(malformed(prng));
      client.send([ClientFrame.Ping, i]);
      await client.until(() => client.closeCode !== 0 || client.frames.some(([type]) => type === ServerFrame.Pong));
      await client.end();
    }
    await untilGone(rig);
    assert.equal(rig.server.subscriptions.channelCount, 0);
  } finally {
    await rig.close();
  }
});

test('500 connections opened and dropped, halfway or whole: nothing of them stays', async () => {
  const rig = await DashboardRig.start({ limits: { ...OPEN, clientsOfAddress: 1000 } });
  try {
    await dropConnections(rig, 500);
    await untilGone(rig);
    const client = await TestClient.open(rig.opened);
    await client.end();
  } finally {
    await rig.close();
  }
});

test('too many frames end a connection; too many connections and requests of an address are refused', async () => {
  const rate = { perSecond: 1, burst: 20 };
  const rig = await DashboardRig.start({ limits: { frames: rate, connects: rate, clientsOfAddress: 2 } });
  try {
    const first = await TestClient.open(rig.opened);
    const second = await TestClient.open(rig.opened);
    await assert.rejects(TestClient.open(rig.opened), /refused: 429/);
    for (let i = 0; i < 40; i++) first.send([ClientFrame.Ping, i]);
    assert.equal(await first.closed, CloseCode.TooMany);
    await second.end();
    let status = '';
    for (let i = 0; i < 40 && status === ''; i++) {
      await TestClient.open(rig.opened).then(
        (client) => client.end(),
        (error: Error) => (status = error.message),
      );
    }
    assert.equal(status, 'refused: 429');
  } finally {
    await rig.close();
  }
});

test('a client that stops reading is conflated, then closed; the others get everything', async () => {
  const clock = { shiftMs: 0 };
  const rig = await DashboardRig.start({ limits: OPEN }, clock);
  const reader = await TestClient.open(rig.opened);
  const deaf = await TestClient.open(rig.opened);
  const { model } = rig.view;
  const filler = setInterval(() => {
    for (let i = 0; i < 40; i++)
      model.alerts.add(++model.seq, model.seq * 2e9, 'info', 'test', `${'x'.repeat(8000)} ${model.seq}`);
  }, 5);
  let hurry: NodeJS.Timeout | undefined;
  try {
    const alerts = reader.subscribe('alerts', { rate: 60 });
    deaf.subscribe('alerts', { rate: 60 });
    await deaf.until(() => deaf.kept.get(1)?.snapshots === 1);
    deaf.socket.pause();
    const { counts } = rig.server.subscriptions;
    await reader.until(() => counts.conflated > 0, 30_000);
    assert.equal(rig.server.closedForBacklog, 0);
    hurry = setInterval(() => {
      clock.shiftMs += 600;
    }, 20);
    await reader.until(() => rig.server.closedForBacklog === 1, 30_000);
    const seen = alerts.updates;
    await reader.until(() => alerts.updates > seen);
    assert.equal(alerts.snapshots, 1);
    assert.equal(rig.server.clients.size, 1);
  } finally {
    clearInterval(filler);
    clearInterval(hurry);
    deaf.socket.terminate();
    await reader.end();
    await rig.close();
  }
});

test('a bug in what one client asks for costs that client its connection, and is an alert', async () => {
  const rig = await DashboardRig.start();
  const witness = await TestClient.open(rig.opened);
  const client = await TestClient.open(rig.opened);
  try {
    const alerts = witness.subscribe('alerts', { rate: 60 });
    rig.view.model.market.trades.rows = () => {
      throw new Error('broken on purpose');
    };
    client.subscribe('trades');
    assert.equal(await client.closed, 1011);
    await witness.until(() => alerts.rows.some((row) => String(row[4]).includes('broken on purpose')));
  } finally {
    await witness.end();
    await rig.close();
  }
});

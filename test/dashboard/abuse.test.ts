/** Clients with a token that want more than their share, or more than they may: everybody else keeps theirs. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { encode } from '@msgpack/msgpack';
import { askedBy } from '../../src/dashboard/commands.ts';
import { Gate } from '../../src/dashboard/gate.ts';
import { readFrame } from '../../src/dashboard/guard.ts';
import { type DashboardOptions, servingOptions } from '../../src/dashboard/options.ts';
import { ClientFrame, CloseCode, ServerFrame } from '../../src/dashboard/protocol.ts';
import { sourceOf } from '../../src/dashboard/rate-limit.ts';
import { storyLines } from '../../src/dashboard/story.ts';
import { CONFLATE_BYTES } from '../../src/dashboard/subscriptions.ts';
import { BrowserSessions, makeTokens } from '../../src/dashboard/tokens.ts';
import { isLoopback, plainAddress } from '../../src/net/parts.ts';
import type { NetRequest } from '../../src/net/server.ts';
import { TestClient } from '../support/dashboard-client.ts';
import { DashboardRig } from '../support/dashboard-rig.ts';

const UNLIMITED = { perSecond: 1e9, burst: 1e9 };
const OPEN = { frames: UNLIMITED, connects: UNLIMITED };
const TLS = { certFile: 'c', keyFile: 'k' };

function requestOf(headers: Readonly<Record<string, string>>): NetRequest {
  return {
    method: 'GET',
    path: '/',
    query: '',
    header: (name) => headers[name] ?? '',
    remoteAddress: '127.0.0.1',
    body: Buffer.alloc(0),
  };
}

function statusOf(options: Partial<DashboardOptions>, headers: Readonly<Record<string, string>>): number {
  const gate = new Gate(servingOptions({ port: 0, tokens: makeTokens(), ...options }), () => 0);
  return gate.refusal(requestOf(headers))?.status ?? 200;
}

test('hosts and origins: IPv6, all addresses, capitals, ports, and names that only point here', () => {
  const v6 = { host: '2001:db8::5', tls: TLS };
  assert.equal(statusOf(v6, { host: '[2001:db8::5]:8321' }), 200);
  assert.equal(statusOf(v6, { host: '[2001:db8::6]:8321' }), 421);
  const everywhere = { host: '0.0.0.0', tls: TLS };
  assert.equal(statusOf(everywhere, { host: '192.168.1.5:8321' }), 200);
  assert.equal(statusOf(everywhere, { host: '[fe80::1]:8321' }), 200);
  assert.equal(statusOf(everywhere, { host: 'evil.example' }), 421);
  assert.equal(statusOf({}, { host: '192.168.1.5:8321' }), 421);
  for (const host of [
    '',
    'localhost.evil.example',
    'evil.example:8321',
    '127.0.0.1.evil.example',
    '[::1',
    '127.0.0.1:x',
  ]) {
    assert.equal(statusOf({}, { host }), 421, host);
  }
  for (const host of ['LOCALHOST:8321', '127.0.0.1', '[::1]:8321']) assert.equal(statusOf({}, { host }), 200, host);
  const host = '127.0.0.1:8321';
  for (const origin of [
    'null',
    'http://127.0.0.1:8322',
    'https://127.0.0.1:8321',
    'http://127.0.0.1',
    'http://evil.example',
  ]) {
    assert.equal(statusOf({}, { host, origin }), 403, origin);
  }
  assert.equal(statusOf({}, { host, origin: `http://${host}` }), 200);
  const named = { tls: TLS, origins: ['https://Desk.Example:443'] };
  assert.equal(statusOf(named, { host: 'desk.example', origin: 'https://desk.example' }), 200);
  assert.equal(statusOf(named, { host, origin: 'https://desk.example' }), 200);
  assert.throws(() => servingOptions({ port: 0, tokens: null, origins: ['https://a@b'] }), /is no origin/);
});

test('addresses are written as people write them, and an IPv6 network counts as one', () => {
  assert.equal(plainAddress('0000:0000:0000:0000:0000:0000:0000:0001'), '::1');
  assert.equal(plainAddress('0000:0000:0000:0000:0000:ffff:7f00:0001'), '127.0.0.1');
  assert.equal(plainAddress('::ffff:10.1.2.3'), '10.1.2.3');
  assert.equal(plainAddress('fe80::1%eth0'), 'fe80::1');
  assert.equal(plainAddress('127.0.0.1'), '127.0.0.1');
  assert.equal(plainAddress(''), '');
  assert.ok(isLoopback(plainAddress('0000:0000:0000:0000:0000:ffff:7f00:0001')));
  const longest = plainAddress('2001:0db8:1111:2222:3333:4444:5555:6666');
  assert.equal(askedBy('admin', longest), `dashboard:admin@${longest}`);
  assert.equal(sourceOf('2001:db8:1:2:3:4:5:6'), sourceOf('2001:db8:1:2::9'));
  assert.notEqual(sourceOf('2001:db8:1:2:3:4:5:6'), sourceOf('2001:db8:1:3:3:4:5:6'));
  assert.equal(sourceOf('2001:db8::1'), '2001:db8:0:0');
  assert.equal(sourceOf('::1'), '0:0:0:0');
  assert.equal(sourceOf('10.1.2.3'), '10.1.2.3');
});

test('a token that is right does not make up for others that were wrong', () => {
  let nowMs = 0;
  const tokens = makeTokens();
  const gate = new Gate(servingOptions({ port: 0, tokens }), () => nowMs);
  const tried = (token: string): number => {
    const entry = gate.signIn(token, '10.1.2.3');
    return 'refuse' in entry ? entry.refuse.status : 200;
  };
  for (let i = 0; i < 6; i++) {
    assert.equal(tried(`guess-${i}`), 401);
    if (i < 5) assert.equal(tried(tokens.view ?? ''), 200);
  }
  assert.equal(tried('guess-6'), 429);
  nowMs += 60_000;
  assert.equal(tried(tokens.view ?? ''), 200);
});

test('a browser that signs out, or whose session is over, loses its sockets; sessions of one role push out no others', async () => {
  const clock = { shiftMs: 0 };
  const rig = await DashboardRig.start({ limits: OPEN }, clock);
  const Origin = `http://127.0.0.1:${rig.server.port}`;
  const signIn = async (): Promise<string> => {
    const body = JSON.stringify({ token: rig.tokens.trade });
    const headers = { 'Content-Type': 'application/json', Origin };
    const reply = await fetch(`${Origin}/session`, { method: 'POST', headers, body });
    return reply.headers.get('set-cookie')?.split(';')[0] ?? '';
  };
  try {
    const [first, second] = [await signIn(), await signIn()];
    const open = (Cookie: string) => TestClient.open(rig.opened, { token: ' ', headers: { Cookie, Origin } });
    const clients = [await open(first), await open(first), await open(second)];
    await fetch(`${Origin}/session`, { method: 'DELETE', headers: { Cookie: first, Origin } });
    assert.equal(await clients[0].closed, CloseCode.NotAllowed);
    assert.equal(await clients[1].closed, CloseCode.NotAllowed);
    clients[2].send([ClientFrame.Ping, 1]);
    await clients[2].frame(ServerFrame.Pong);
    clock.shiftMs += 12 * 3600e3 + 1000;
    assert.equal(await clients[2].closed, CloseCode.NotAllowed);
  } finally {
    await rig.close();
  }
  const sessions = new BrowserSessions(false);
  const admin = sessions.open('admin', 0);
  for (let i = 0; i < 2_000; i++) sessions.open('view', 0);
  assert.equal(sessions.find(admin, 1)?.role, 'admin');
});

test('commands of one role use up nothing of another one at the same address', async () => {
  const rig = await DashboardRig.start({ limits: { ...OPEN, commands: { perSecond: 0.001, burst: 3 } } });
  const trader = await TestClient.open(rig.opened, { role: 'trade' });
  const admin = await TestClient.open(rig.opened, { role: 'admin' });
  try {
    for (let i = 0; i < 20; i++) trader.send([ClientFrame.Ask, 1, { do: 'kill', scope: 'engine' }]);
    await trader.until(() => trader.frames.length === 20);
    assert.match(String(trader.frames[19][3]), /too many commands/);
    admin.send([ClientFrame.Ask, 1, { do: 'kill', scope: 'engine' }]);
    await admin.frame(ServerFrame.Challenge);
  } finally {
    await trader.end();
    await admin.end();
    await rig.close();
  }
});

test('who does not read and subscribes again and again has one snapshot waiting, not one for each', async () => {
  const rig = await DashboardRig.start({ limits: OPEN });
  const client = await TestClient.open(rig.opened);
  const { model } = rig.view;
  for (let i = 0; i < 400; i++) model.alerts.add(++model.seq, i * 2e9, 'info', 'test', `${i} ${'x'.repeat(1000)}`);
  try {
    client.socket.pause();
    for (let i = 0; i < 60; i++) {
      client.send([ClientFrame.Subscribe, 1, 'alerts']);
      client.send([ClientFrame.Unsubscribe, 1]);
    }
    client.send([ClientFrame.Subscribe, 2, 'alerts']);
    const { subscriptions } = rig.server;
    const witness = await TestClient.open(rig.opened);
    await witness.until(() => subscriptions.channelCount === 1);
    await witness.end();
    const [{ peer }] = rig.server.clients;
    assert.ok(peer.isOpen);
    assert.ok(peer.backlogBytes() < CONFLATE_BYTES + 2 * 410_000, `${peer.backlogBytes()} bytes wait`);
  } finally {
    client.socket.terminate();
    await rig.close();
  }
});

test('however much is subscribed, frames of others have their turn', async () => {
  const rig = await DashboardRig.start({ limits: { ...OPEN, clientsOfAddress: 100 } });
  const witness = await TestClient.open(rig.opened);
  const state = witness.subscribe('state', { rate: 60 });
  const greedy = await Promise.all(Array.from({ length: 4 }, () => TestClient.open(rig.opened, { role: 'view' })));
  const { market } = rig.view.model;
  let put = 0;
  // Each takes 2 ms: so many in one turn is what a turn takes at most.
  market.trades.rows = () => {
    const untilMs = performance.now() + 2;
    while (performance.now() < untilMs);
    put++;
    return [];
  };
  market.trades.since = () => market.trades.rows();
  try {
    let id = 0;
    for (const client of greedy) {
      for (let i = 1; i <= 50; i++) client.send([ClientFrame.Subscribe, i, 'trades', { rate: 30 + ++id / 100 }]);
    }
    await witness.until(() => rig.server.subscriptions.channelCount === 201);
    let turns = 0;
    const { subscriptions } = rig.server;
    const tick = subscriptions.tick.bind(subscriptions);
    let most = 0;
    subscriptions.tick = (nowMs) => {
      put = 0;
      market.trades.total += 1;
      tick(nowMs);
      most = Math.max(most, put);
      turns++;
    };
    const before = state.updates;
    let seq = rig.view.model.seq;
    const clock = setInterval(() => {
      rig.view.model.seq = ++seq;
    }, 1);
    await witness.until(() => turns > 20 && state.updates > before + 1);
    clearInterval(clock);
    assert.ok(most > 0 && most <= 11, `${most} payloads in one turn of 20 ms`);
  } finally {
    for (const client of [witness, ...greedy]) client.socket.terminate();
    await rig.close();
  }
});

test('text that is no UTF-8 is refused', () => {
  const right = Buffer.from(encode([1, 1, 'top', { rät: 1 }]));
  assert.ok('value' in readFrame(right));
  const wrong = Buffer.from(right);
  wrong[wrong.indexOf(0xc3)] = 0xff;
  assert.deepEqual(readFrame(wrong), { problem: 'text that is no UTF-8' });
  assert.deepEqual(readFrame(Buffer.from([0x91, 0xa2, 0xed, 0xa0])), { problem: 'text that is no UTF-8' });
});

test('stories that are asked for faster than they can be told are refused; a bug in one answers with words', async () => {
  const rig = await DashboardRig.start({ limits: OPEN });
  const client = await TestClient.open(rig.opened);
  try {
    for (let i = 1; i <= 10; i++) client.send([ClientFrame.Story, i, i]);
    await client.until(() => client.frames.length === 10);
    assert.deepEqual(client.frames[9], [ServerFrame.StoryOf, 10, 10, ['too many stories; wait a little']]);
    assert.equal(client.closeCode, 0);
  } finally {
    await client.end();
    await rig.close();
  }
  const asked = Array.from({ length: 10 }, (_, i) => storyLines('/nonexistent', i + 1, []));
  const [first] = await Promise.race(asked.slice(8));
  assert.equal(first, 'too many stories are asked for; ask again');
  for (const lines of await Promise.all(asked.slice(0, 3))) assert.equal(lines.length, 1);
  await Promise.all(asked);
});

test('a bug in what monitoring asks for is an answer and an alert', async () => {
  const rig = await DashboardRig.start();
  rig.view.model.trading.total = () => {
    throw new Error('broken on purpose');
  };
  try {
    const headers = { Authorization: `Bearer ${rig.tokens.view}` };
    assert.equal((await fetch(`${rig.opened.url}metrics`, { headers })).status, 500);
    assert.equal(rig.server.bugs, 1);
    assert.match(String(rig.view.model.alerts.history.rows().at(-1)?.[4]), /broken on purpose/);
  } finally {
    await rig.close();
  }
});

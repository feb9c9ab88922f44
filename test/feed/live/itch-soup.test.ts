/** SoupBinTCP's client as a state machine: logins, cuts anywhere, heartbeats, damage, the session's end. No sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../../src/core/prng.ts';
import { SOUP_DEAD_NS, SOUP_HEARTBEAT_NS, SoupClient, SoupState } from '../../../src/feed/live/itch/soup.ts';
import { soupPacket } from './itch-support.ts';

/** Messages of this test: a letter that says its length behind it, A: 1, B: 2, ... */
const LENGTHS = new Uint8Array(256);
for (let i = 0; i < 26; i++) LENGTHS[0x41 + i] = 1 + i;

function message(random: Prng): Buffer {
  const size = 1 + random.below(26);
  return Buffer.from([0x40 + size, ...Array.from({ length: size - 1 }, () => random.below(256))]);
}

function client(session = '') {
  const clock = new Float64Array(1);
  const messages: Buffer[] = [];
  const lost: string[] = [];
  const soup = new SoupClient({ user: 'desk', password: 'secret', session }, clock, LENGTHS, {
    messages: (bytes, from, to, count) => {
      let at = from;
      for (let i = 0; i < count; i++) {
        const length = bytes[at] * 256 + bytes[at + 1];
        messages.push(Buffer.from(bytes.slice(at + 2, at + 2 + length)));
        at += 2 + length;
      }
      assert.equal(at, to);
    },
    lost: (from, to) => lost.push(`${from}-${to}`),
  });
  return { soup, clock, messages, lost };
}

const accepted = (session: string, next: number) => soupPacket('A', session.padStart(10) + String(next).padStart(20));

test('the login names user, password, session and the next message', () => {
  const { soup } = client('NIGHT');
  assert.deepEqual(
    Buffer.from(soup.connected()).toString('latin1'),
    `\0/Ldesk  secret         NIGHT${'1'.padStart(20)}`,
  );
  assert.equal(soup.state, SoupState.LoggingIn);
});

test('messages come as they were sent, however the connection cuts them', () => {
  const random = new Prng(11);
  for (let round = 0; round < 200; round++) {
    const { soup, messages } = client();
    soup.connected();
    const sent = Array.from({ length: random.below(40) }, () => message(random));
    const stream = Buffer.concat([
      soupPacket('+', 'hello'),
      accepted('S1', 1),
      ...sent.flatMap((one) => [soupPacket('S', one), ...(random.below(4) === 0 ? [soupPacket('H')] : [])]),
      soupPacket('U', 'aside'),
      soupPacket('Z'),
    ]);
    for (let at = 0; at < stream.length; ) {
      const size = 1 + random.below(random.below(2) === 0 ? 4 : 200);
      soup.receive(stream.subarray(at, at + size));
      at += size;
    }
    assert.deepEqual(messages, sent, `round ${round}`);
    assert.deepEqual([soup.state, soup.next, soup.session], [SoupState.Ended, sent.length + 1, 'S1']);
    assert.deepEqual([soup.counts.debug, soup.counts.unsequenced], [1, 1]);
  }
});

test('after a lost connection it goes on with the next message of the same session', () => {
  const { soup, messages, lost } = client();
  soup.connected();
  soup.receive(Buffer.concat([accepted('S7', 1), soupPacket('S', 'A'), soupPacket('S', 'BxB').subarray(0, 4)]));
  soup.disconnected();
  assert.equal(soup.state, SoupState.Down);
  const login = Buffer.from(soup.connected()).toString('latin1');
  assert.equal(login.slice(3 + 16), `        S7${'2'.padStart(20)}`);
  soup.receive(Buffer.concat([accepted('S7', 2), soupPacket('S', 'Bx')]));
  assert.deepEqual(messages.map(String), ['A', 'Bx']);
  assert.deepEqual(lost, []);
});

test('messages that the venue does not have any more are lost, and said to be', () => {
  const { soup, lost } = client();
  soup.connected();
  soup.receive(accepted('S', 4));
  assert.deepEqual([lost, soup.next, soup.counts.lost], [['1-4'], 4, 3]);
});

test('a refused login and another session end it', () => {
  for (const [packet, problem] of [
    [soupPacket('J', 'A'), /password/],
    [soupPacket('J', 'S'), /session/],
    [accepted('OTHER', 1), /OTHER/],
  ] as const) {
    const { soup } = client('MINE');
    soup.connected();
    soup.receive(packet);
    soup.disconnected();
    assert.equal(soup.state, SoupState.Rejected);
    assert.match(soup.problem, problem);
  }
});

test('a heartbeat is due after a second of silence of ours, and 15 s of theirs are too long', () => {
  const { soup, clock } = client();
  assert.equal(soup.heartbeat(), null);
  soup.connected();
  soup.receive(accepted('S', 1));
  clock[0] = SOUP_HEARTBEAT_NS - 1;
  assert.equal(soup.heartbeat(), null);
  clock[0] = SOUP_HEARTBEAT_NS;
  assert.deepEqual(Buffer.from(soup.heartbeat() ?? []), soupPacket('R'));
  assert.equal(soup.heartbeat(), null);
  clock[0] = SOUP_DEAD_NS - 1;
  assert.equal(soup.isDead(), false);
  clock[0] = SOUP_DEAD_NS;
  assert.equal(soup.isDead(), true);
  soup.receive(soupPacket('H'));
  assert.equal(soup.isDead(), false);
});

test('what does not belong there breaks the connection, not the stream', () => {
  const cases: readonly Buffer[] = [
    soupPacket('?'),
    Buffer.from([0, 0]),
    accepted('S', 1),
    soupPacket('H', 'x'),
    soupPacket('J', 'A'),
  ];
  for (const packet of cases) {
    const { soup, messages } = client();
    soup.connected();
    soup.receive(Buffer.concat([accepted('S', 1), soupPacket('S', 'A'), packet, soupPacket('S', 'Bx')]));
    assert.equal(soup.state, SoupState.Broken);
    assert.deepEqual([soup.next, messages.length], [2, 1], 'what came before counts');
    soup.disconnected();
    soup.connected();
    soup.receive(Buffer.concat([accepted('S', 2), soupPacket('S', 'Bx')]));
    assert.deepEqual([soup.state, messages.length], [SoupState.Up, 2]);
  }
  for (const early of [soupPacket('S', 'A'), soupPacket('Z'), soupPacket('A', 'short'), accepted('S', 0)]) {
    const { soup, messages } = client();
    soup.connected();
    soup.receive(early);
    assert.deepEqual([soup.state, messages.length], [SoupState.Broken, 0]);
  }
});

test('a message that is none is asked for again, and given up the third time', () => {
  const { soup, messages, lost } = client();
  for (let i = 1; i <= 3; i++) {
    soup.connected();
    soup.receive(Buffer.concat([accepted('S', i === 1 ? 1 : 2), ...(i === 1 ? [soupPacket('S', 'A')] : [])]));
    soup.receive(Buffer.concat([soupPacket('S', 'Bad'), soupPacket('S', 'C12')]));
    assert.equal(soup.state, i < 3 ? SoupState.Broken : SoupState.Up);
    if (i < 3) soup.disconnected();
  }
  assert.deepEqual([messages.map(String), lost], [['A', 'C12'], ['2-3']]);
  assert.equal(soup.next, 4);
});

test('a packet of length 0 at the end of a piece breaks the connection at once', () => {
  const { soup } = client();
  soup.connected();
  soup.receive(Buffer.concat([accepted('S', 1), Buffer.from([0, 0])]));
  assert.equal(soup.state, SoupState.Broken);
});

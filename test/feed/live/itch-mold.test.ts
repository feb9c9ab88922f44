/** MoldUDP64: packets, two lines made into one, what is missing, the session's end. Made-up time, no sockets. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../../src/core/prng.ts';
import { ARBITER_RULES, type ArbiterRules, MoldArbiter } from '../../../src/feed/live/itch/arbiter.ts';
import { MoldKind, MoldPacket, sessionBytes, skipBlocks, writeRequest } from '../../../src/feed/live/itch/mold.ts';
import { MoldFuzz, SoupFuzz } from '../../support/itch-wire-fuzz.ts';
import { Network, numbered } from './itch-network.ts';
import { moldPacket } from './itch-support.ts';

const text = (value: string) => Buffer.from(value);
const EAGER: ArbiterRules = { ...ARBITER_RULES, requestEveryNs: 0 };

test('a packet is read as the specification lays it out', () => {
  const packet = new MoldPacket(null);
  const data = moldPacket('SESSION1', 2n ** 52n + 5n, [text('a'), text('bcd')]);
  const shifted = Buffer.concat([Buffer.alloc(7), data, Buffer.alloc(9)]);
  assert.equal(packet.read(shifted, 7, data.length), MoldKind.Data);
  assert.deepEqual([packet.sequence[0], packet.count, packet.from, packet.to], [2 ** 52 + 5, 2, 27, 7 + data.length]);
  assert.equal(skipBlocks(shifted, packet.from, 1), 30);
  assert.equal(packet.read(moldPacket('S', 9, [], 0), 0, 20), MoldKind.Heartbeat);
  assert.equal(packet.read(moldPacket('S', 9, [], 0xffff), 0, 20), MoldKind.End);
  assert.equal(packet.sequence[0], 9);
});

test('a packet that is not whole, or not what it counts, is malformed', () => {
  const packet = new MoldPacket(null);
  const data = moldPacket('S', 1, [text('abc'), text('de')]);
  for (let length = 0; length < data.length; length++) assert.equal(packet.read(data, 0, length), MoldKind.Malformed);
  const cases: readonly (readonly [string, Buffer])[] = [
    ['one byte more', Buffer.concat([data, Buffer.alloc(1)])],
    ['a count too high', moldPacket('S', 1, [text('abc')], 2)],
    ['a count too low', moldPacket('S', 1, [text('abc'), text('d')], 1)],
    ['an empty message', moldPacket('S', 1, [text('')])],
    ['number 0', moldPacket('S', 0, [text('a')])],
    ['a number beyond 2^53', moldPacket('S', 2n ** 53n, [text('a')])],
    ['a heartbeat with a message', moldPacket('S', 1, [text('a')], 0)],
  ];
  for (const [what, bytes] of cases) assert.equal(packet.read(bytes, 0, bytes.length), MoldKind.Malformed, what);
  const lengths = new Uint8Array(256);
  lengths[0x61] = 3;
  const strict = new MoldPacket(lengths);
  assert.equal(strict.read(moldPacket('S', 1, [text('abc')]), 0, 25), MoldKind.Data);
  assert.equal(strict.read(moldPacket('S', 1, [text('abcd')]), 0, 26), MoldKind.Malformed, 'of the wrong length');
  assert.equal(strict.read(moldPacket('S', 1, [text('xbc')]), 0, 25), MoldKind.Malformed, 'of no known type');
});

test('a request states session, number and count', () => {
  const bytes = Buffer.alloc(20);
  writeRequest(bytes, sessionBytes('ABC'), 2 ** 40 + 7, 300);
  assert.equal(bytes.toString('latin1', 0, 10), 'ABC       ');
  assert.equal(bytes.readBigUInt64BE(10), 2n ** 40n + 7n);
  assert.equal(bytes.readUInt16BE(18), 300);
});

/** Messages of one letter each: `|a|b`. */
function shown(blocks: Uint8Array): string {
  let letters = '';
  for (let at = 0; at < blocks.length; at += 3) letters += `|${String.fromCharCode(blocks[at + 2])}`;
  return letters;
}

/** An arbiter whose calls are written down. */
function scripted(options: { lines?: number; canRequest?: boolean; session?: string; rules?: ArbiterRules } = {}) {
  const said: string[] = [];
  const clock = new Float64Array(1);
  const session = options.session === undefined ? null : sessionBytes(options.session);
  const arbiter = new MoldArbiter(
    options.lines ?? 2,
    options.canRequest ?? true,
    session,
    options.rules ?? EAGER,
    clock,
    null,
    {
      messages: (bytes, from, to, count) => said.push(`${count}: ${shown(bytes.slice(from, to))}`),
      lost: (from, to) => said.push(`lost ${from}-${to}`),
      request: (sequence, count, attempt) => said.push(`request ${sequence} ${count} #${attempt}`),
      line: (line, isUp) => said.push(`line ${line} ${isUp ? 'up' : 'down'}`),
    },
  );
  const come = (line: number, packet: Buffer): void => {
    arbiter.datagram(line, packet, 0, packet.length);
    arbiter.tick();
  };
  const send = (line: number, sequence: number, messages: string, name = 'S'): void =>
    come(line, moldPacket(name, sequence, [...messages].map(text)));
  const pass = (ns: number): void => {
    clock[0] += ns;
    arbiter.tick();
  };
  const take = (): string[] => said.splice(0);
  return { arbiter, come, send, pass, take };
}

test('the first arrival wins, on whichever line; packets may be cut differently', () => {
  const { arbiter, send, take } = scripted();
  send(0, 1, 'ab');
  send(1, 1, 'abc');
  send(0, 3, 'cd');
  send(1, 4, 'd');
  assert.deepEqual(take(), ['line 0 up', '2: |a|b', 'line 1 up', '1: |c', '1: |d']);
  assert.deepEqual(
    arbiter.lines.map(({ first, duplicate }) => [first, duplicate]),
    [
      [3, 1],
      [1, 3],
      [0, 0],
    ],
  );
  assert.equal(arbiter.holes, 0);
});

test('what the other line brings in time is no hole in the stream', () => {
  const { arbiter, send, pass, take } = scripted();
  send(0, 1, 'a');
  send(0, 3, 'c');
  pass(EAGER.holdNs - 1);
  send(1, 1, 'a');
  send(1, 2, 'b');
  assert.deepEqual(
    take().filter((line) => !line.startsWith('line')),
    ['1: |a', '1: |b', '1: |c'],
  );
  assert.equal(arbiter.requests, 0);
  assert.equal(arbiter.lines[0].skipped, 1);
  send(0, 2, 'b');
  assert.equal(arbiter.lines[0].late, 1);
});

test('what both lines lost is asked for until it comes, piece by piece', () => {
  const { arbiter, send, pass, take } = scripted();
  send(0, 1, 'a');
  send(1, 5, 'e');
  take();
  pass(EAGER.holdNs);
  assert.deepEqual(take(), ['request 2 3 #0']);
  pass(EAGER.retryNs);
  assert.deepEqual(take(), ['request 2 3 #1'], 'the next server, with the same');
  send(2, 2, 'bc');
  assert.deepEqual(take(), ['2: |b|c', 'request 4 1 #2'], 'the rest of the answer at once');
  send(2, 4, 'd');
  assert.deepEqual(take(), ['1: |d', '1: |e']);
  assert.deepEqual([arbiter.lostMessages, arbiter.holes, arbiter.dueNs], [0, 1, Number.POSITIVE_INFINITY]);
});

test('without an answer the messages are given up, and the stream goes on', () => {
  const { arbiter, send, pass, take } = scripted();
  send(0, 1, 'a');
  send(0, 4, 'd');
  pass(EAGER.holdNs);
  for (let i = 0; i < EAGER.tries; i++) pass(EAGER.retryNs);
  const said = take();
  assert.equal(said.filter((line) => line.startsWith('request 2 2 #')).length, EAGER.tries);
  assert.deepEqual(said.slice(-2), ['lost 2-4', '1: |d']);
  assert.deepEqual([arbiter.lostMessages, arbiter.holesLost, arbiter.next], [2, 1, 5]);
  send(1, 2, 'b');
  assert.deepEqual(take(), ['line 1 up'], 'what was given up does not come back');
});

test('without a server what is missing is waited for and given up', () => {
  const { send, pass, take } = scripted({ canRequest: false });
  send(0, 2, 'b');
  pass(EAGER.holdNs + EAGER.retryNs - 1);
  assert.deepEqual(take(), ['line 0 up']);
  pass(1);
  assert.deepEqual(take(), ['lost 1-2', '1: |b']);
});

test('a heartbeat tells that the latest messages are missing', () => {
  const { come, pass, take } = scripted();
  come(0, moldPacket('S', 3, [], 0));
  pass(EAGER.holdNs);
  assert.deepEqual(take(), ['line 0 up', 'request 1 2 #0']);
});

test('the session ends when everything up to its end has come', () => {
  const { arbiter, come, send, take } = scripted();
  send(0, 1, 'a');
  come(0, moldPacket('S', 3, [], 0xffff));
  assert.equal(arbiter.ended, false);
  send(1, 2, 'b');
  assert.equal(arbiter.ended, true);
  assert.deepEqual(take(), ['line 0 up', '1: |a', 'line 1 up', '1: |b']);
});

test('requests keep their distance', () => {
  const { send, pass, take } = scripted({ rules: { ...EAGER, requestEveryNs: 1e6 } });
  send(0, 3, 'c');
  pass(EAGER.holdNs);
  send(2, 1, 'a');
  assert.deepEqual(take(), ['line 0 up', 'request 1 2 #0', '1: |a']);
  pass(0.9e6);
  assert.deepEqual(take(), []);
  pass(0.1e6);
  assert.deepEqual(take(), ['request 2 1 #1']);
});

test('packets of another session and malformed ones are counted, and change nothing', () => {
  const { arbiter, come, send, take } = scripted({ session: 'MINE' });
  send(0, 1, 'x', 'OTHER');
  come(0, Buffer.alloc(5));
  come(0, moldPacket('MINE', 2n ** 50n, [text('a')]));
  assert.deepEqual(take(), []);
  send(0, 1, 'a', 'MINE');
  assert.deepEqual(take(), ['line 0 up', '1: |a']);
  assert.deepEqual([arbiter.lines[0].otherSession, arbiter.lines[0].malformed], [1, 2]);
});

test('a line that falls silent is down until it speaks again', () => {
  const { arbiter, come, pass, take } = scripted();
  come(0, moldPacket('S', 1, [], 0));
  come(1, moldPacket('S', 1, [], 0));
  pass(EAGER.silenceNs - 1);
  come(1, moldPacket('S', 1, [], 0));
  pass(1);
  assert.deepEqual(take(), ['line 0 up', 'line 1 up', 'line 0 down']);
  come(0, moldPacket('S', 1, [], 0));
  assert.deepEqual(take(), ['line 0 up']);
  assert.equal(arbiter.lines[0].silences, 1);
});

test('when too much is held, what is furthest ahead is dropped and asked for later', () => {
  const { arbiter, send, pass, take } = scripted({ rules: { ...EAGER, maxHeldBytes: 8 } });
  send(0, 2, 'b');
  send(0, 3, 'c');
  send(0, 4, 'd');
  assert.equal(arbiter.lines[0].overflow, 1);
  send(1, 1, 'a');
  assert.deepEqual(take(), ['line 0 up', 'line 1 up', '1: |a', '1: |b', '1: |c']);
  pass(EAGER.holdNs);
  assert.deepEqual(take(), ['request 4 1 #0']);
});

test('when too much is held and nothing can be asked for, the hole is given up', () => {
  const { send, take } = scripted({ canRequest: false, rules: { ...EAGER, maxHeldBytes: 8 } });
  send(0, 2, 'b');
  send(0, 4, 'd');
  send(0, 6, 'f');
  assert.deepEqual(take(), ['line 0 up', 'lost 1-2', '1: |b']);
});

/** Every message once, in order, either delivered as it was sent or told as lost; the counts add up. */
function checkOrder(network: Network, messages: readonly Uint8Array[], where: string): void {
  const { arbiter, delivered, contents, lost } = network;
  const fates = [...delivered, ...lost.flatMap(([from, to]) => Array.from({ length: to - from }, (_, i) => from + i))];
  assert.deepEqual(
    delivered,
    [...delivered].sort((a, b) => a - b),
    `${where}: in order`,
  );
  assert.deepEqual(
    fates.sort((a, b) => a - b),
    messages.map((_, i) => i + 1),
    `${where}: once each`,
  );
  delivered.forEach((number, i) => {
    assert.ok(Buffer.from(contents[i]).equals(messages[number - 1]), `${where}: message ${number} as it was sent`);
  });
  assert.equal(arbiter.delivered, delivered.length);
  assert.equal(
    arbiter.lines.reduce((sum, line) => sum + line.first, 0),
    delivered.length,
  );
  assert.equal(arbiter.heldMessages, 0, `${where}: nothing is left behind`);
}

const LOSSY = { drop: 0.01, duplicate: 0.01, delay: 0.05, delayNs: 400_000 };

test('with 1 % loss on each line only what both lost is lost, and with retransmission nothing', () => {
  let bothLost = 0;
  for (let seed = 1; seed <= 40; seed++) {
    const messages = numbered(1500, new Prng(seed));
    const alone = new Network({ seed, messages, lines: 2, rates: LOSSY, serverDrop: null, rules: EAGER });
    alone.run();
    checkOrder(alone, messages, `seed ${seed}`);
    const union = messages.map((_, i) => i + 1).filter((n) => alone.reached.some((line) => line.has(n)));
    assert.deepEqual(alone.delivered, union, `seed ${seed}: all that either line brought`);
    bothLost += messages.length - union.length;
    const served = new Network({ seed, messages, lines: 2, rates: LOSSY, serverDrop: 0.05, rules: EAGER });
    served.run();
    checkOrder(served, messages, `seed ${seed}, with a server`);
    assert.equal(served.delivered.length, messages.length, `seed ${seed}: nothing lost`);
  }
  assert.ok(bothLost > 0, 'some messages were lost on both lines');
});

test('whatever the lines do, each message is delivered once or lost once', () => {
  const random = new Prng(7);
  for (let seed = 1; seed <= 150; seed++) {
    const messages = numbered(1 + random.below(300), random);
    const rates = {
      drop: random.unit() * 0.6,
      duplicate: random.unit() * 0.3,
      delay: random.unit(),
      delayNs: 5e6 * random.unit(),
    };
    const rules = { ...EAGER, maxHeldBytes: 200 + random.below(4000), tries: 1 + random.below(4), retryNs: 1e6 };
    const serverDrop = random.below(3) === 0 ? null : random.unit();
    const network = new Network({ seed, messages, lines: 1 + random.below(2), rates, serverDrop, rules });
    network.run();
    checkOrder(network, messages, `seed ${seed}`);
  }
});

test('mutated packets and streams are read as plain twins read them', () => {
  const mold = new MoldFuzz(3);
  for (let i = 0; i < 5000; i++) mold.step();
  for (const kind of ['data', 'heartbeat', 'end', 'malformed']) assert.ok((mold.kinds.get(kind) ?? 0) > 50, kind);
  const soup = new SoupFuzz(3);
  for (let i = 0; i < 2500; i++) soup.step();
  for (const end of ['open', 'ended', 'rejected', 'broken']) assert.ok((soup.ends.get(end) ?? 0) > 20, end);
});

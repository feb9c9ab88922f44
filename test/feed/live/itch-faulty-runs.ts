/**
 * The exchange's faulty lines, or a connection that is cut, straight into the feed's machines and intake, in made-up time;
 * and what the books must be at the end.
 */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { Prng } from '../../../src/core/prng.ts';
import { FaultyLine, type LineFaultRates } from '../../../src/exchange/itch/line-faults.ts';
import { MessageStore } from '../../../src/exchange/itch/message-store.ts';
import { MoldPackets } from '../../../src/exchange/itch/mold-packets.ts';
import { ITCH_LENGTHS } from '../../../src/feed/itch/layout.ts';
import { ARBITER_RULES, MoldArbiter } from '../../../src/feed/live/itch/arbiter.ts';
import { ItchIntake } from '../../../src/feed/live/itch/intake.ts';
import { sessionBytes, writeRequest } from '../../../src/feed/live/itch/mold.ts';
import { SessionClock } from '../../../src/feed/live/itch/session-clock.ts';
import { SoupClient, SoupState } from '../../../src/feed/live/itch/soup.ts';
import { repositoryRoot } from '../../support/paths.ts';
import { hashOf, LiveBooks, messagesOf, soupPacket } from './itch-support.ts';

const SESSION = gunzipSync(readFileSync(join(repositoryRoot(), 'replay-data', 'equities-session.itch50.gz')));
export const MESSAGES = messagesOf(SESSION.subarray(0, 40_000)).slice(0, -1);
const FILE = Buffer.concat(MESSAGES.map((message) => Buffer.concat([Buffer.of(0, message.length), message])));
export const FILE_HASH = hashOf(FILE);
const STEP_MS = 0.05;

/** Publishes the messages over two faulty lines, with a faulty server, until the feed has seen the session's end. */
export function publish(
  seed: number,
  rates: LineFaultRates,
): { books: LiveBooks; arbiter: MoldArbiter; faults: number } {
  const random = new Prng(seed);
  const store = new MessageStore(1 << 22);
  const packets = new MoldPackets(store, 'FAULTS', 100 + random.below(400));
  const books = new LiveBooks();
  const clock = new SessionClock({ hi: 0, lo: 0 });
  clock.ns[0] = 0;
  const intake = new ItchIntake('test', null, books.sink, clock, null);
  const request = Buffer.alloc(20);
  let nowMs = 0;
  const arbiter: MoldArbiter = new MoldArbiter(2, true, sessionBytes('FAULTS'), ARBITER_RULES, clock.ns, ITCH_LENGTHS, {
    messages: (bytes, from, to, count) => intake.messages(bytes, from, to, count),
    lost: (from, to) => intake.lost(from, to),
    request: (sequence, count) => {
      writeRequest(request, sessionBytes('FAULTS'), sequence, count);
      const answer = packets.answer(request);
      assert.ok(answer !== null, `seed ${seed}: what is asked for was sent`);
      pending.push(answer);
    },
    line: () => {},
  });
  const pending: Buffer[] = [];
  const come = (line: number) => (packet: Buffer) => arbiter.datagram(line, packet, 0, packet.length);
  const lines = [0, 1, 2].map((line) => new FaultyLine(rates, seed * 3 + line, come(line)));
  const step = (packet: Buffer | null): void => {
    nowMs += STEP_MS;
    clock.ns[0] = nowMs * 1e6;
    if (packet !== null) for (const line of lines.slice(0, 2)) line.offer(packet, nowMs);
    for (const answer of pending.splice(0)) lines[2].offer(answer, nowMs);
    for (const line of lines) line.tick(nowMs);
    arbiter.tick();
  };
  let published = 1;
  for (const message of MESSAGES) {
    store.add(message, 0, message.length);
    if (random.below(3) !== 0) continue;
    while (published < store.next) {
      const packet = packets.data(published, Number.POSITIVE_INFINITY);
      assert.ok(packet !== null);
      published += packets.count;
      step(packet);
    }
  }
  while (published < store.next) {
    step(packets.data(published, Number.POSITIVE_INFINITY));
    published += packets.count;
  }
  for (let i = 0; !arbiter.ended; i++) {
    assert.ok(i < 1e6, `seed ${seed}: it ends`);
    step(i % 1000 === 0 ? packets.endOfSession() : null);
  }
  const faults = lines.reduce((sum, { counts }) => {
    return sum + counts.dropped + counts.duplicated + counts.reordered + counts.delayed + counts.truncated;
  }, 0);
  return { books, arbiter, faults };
}

export const KINDS: Readonly<Record<string, LineFaultRates>> = {
  dropped: { drop: 0.05 },
  duplicated: { duplicate: 0.2 },
  reordered: { reorder: 0.1 },
  delayed: { delay: 0.1, delayMs: 4 },
  truncated: { truncate: 0.05 },
  'all of it': { drop: 0.03, duplicate: 0.03, reorder: 0.03, delay: 0.03, delayMs: 4, truncate: 0.03 },
};
/** The same messages over SoupBinTCP, in pieces of any size, the connection cut now and then. */
export function overCuts(seed: number): { books: LiveBooks; logins: number } {
  const random = new Prng(seed);
  const books = new LiveBooks();
  const clock = new SessionClock({ hi: 0, lo: 0 });
  const intake = new ItchIntake('test', null, books.sink, clock, null);
  const client = new SoupClient({ user: 'u', password: 'p', session: '' }, clock.ns, ITCH_LENGTHS, {
    messages: (bytes, from, to, count) => intake.messages(bytes, from, to, count),
    lost: (from, to) => intake.lost(from, to),
  });
  while (client.state !== SoupState.Ended) {
    const login = Buffer.from(client.connected()).toString('latin1');
    const next = Number(login.slice(29));
    const parts = [soupPacket('A', 'CUTS'.padStart(10) + String(next).padStart(20))];
    for (const message of MESSAGES.slice(next - 1)) {
      parts.push(soupPacket('S', message));
      if (random.below(50) === 0) parts.push(soupPacket(random.below(2) === 0 ? 'H' : '+'));
    }
    const stream = Buffer.concat([...parts, soupPacket('Z')]);
    const cut = random.below(3) === 0 ? stream.length : random.below(stream.length);
    for (let at = 0; at < cut; ) {
      const size = Math.min(cut - at, 1 + random.below(3000));
      client.receive(stream.subarray(at, at + size));
      at += size;
    }
    client.disconnected();
  }
  return { books, logins: client.counts.logins };
}

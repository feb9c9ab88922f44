/**
 * Runs the arbiter and intake of a live ITCH feed in a thread of their own over a million packets on each of two lines: what
 * they do for each datagram, all but the sockets. Marks as in garbage-run.ts.
 */
import { writeSync } from 'node:fs';
import { isMainThread, Worker } from 'node:worker_threads';
import { ITCH_LENGTHS } from '../../src/feed/itch/layout.ts';
import { ARBITER_RULES, MoldArbiter } from '../../src/feed/live/itch/arbiter.ts';
import { ItchIntake } from '../../src/feed/live/itch/intake.ts';
import { SessionClock } from '../../src/feed/live/itch/session-clock.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';
import { moldPacket } from '../feed/live/itch-support.ts';
import { itch } from '../feed/naive-itch.ts';

const WARM_UP = 1_000_000;
const MEASURED = 1_000_000;

function main(): void {
  const ring = createSpsc(1 << 12);
  const reader = new SpscReader(ring);
  const sink = new EventSink(new SpscWriter(ring));
  const clock = new SessionClock({ hi: 0, lo: 0 });
  const intake = new ItchIntake('garbage', null, sink, clock, null);
  const arbiter = new MoldArbiter(2, true, null, ARBITER_RULES, clock.ns, ITCH_LENGTHS, {
    messages: (bytes, from, to, count) => intake.messages(bytes, from, to, count),
    lost: (from, to) => intake.lost(from, to),
    request: () => {},
    line: () => {},
  });
  const first = moldPacket('GARBAGE', 1, [itch('R', { locate: 1, stock: 'A' }).subarray(2)]);
  arbiter.datagram(0, first, 0, first.length);
  const order = { locate: 1, order: 5, side: 'B', shares: 1, stock: 'A', price: 5 };
  const messages = [itch('A', order).subarray(2), itch('D', { locate: 1, order: 5 }).subarray(2)];
  const packet = new Uint8Array(moldPacket('GARBAGE', 2, messages));
  let sequence = 2;
  const work = (packets: number): void => {
    for (let i = 0; i < packets; i++) {
      for (let byte = 0, rest = sequence; byte < 4; byte++, rest >>>= 8) packet[17 - byte] = rest & 0xff;
      clock.read();
      arbiter.datagram(0, packet, 0, packet.length);
      arbiter.datagram(1, packet, 0, packet.length);
      arbiter.tick();
      sink.flush();
      reader.release(reader.poll(8));
      sequence += 2;
    }
  };
  const collect = globalThis.gc as () => void;
  work(WARM_UP);
  collect();
  writeSync(1, 'measured part begins\n');
  work(MEASURED);
  writeSync(1, `measured part ends: ${arbiter.delivered} messages, ${arbiter.lines[1].duplicate} duplicates\n`);
  collect();
}

if (isMainThread) new Worker(new URL(import.meta.url), { argv: [] });
else main();

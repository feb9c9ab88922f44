/** Mutated packets and streams through the readers of the live ITCH feed and their plain twins: the same answer, always. */
import assert from 'node:assert/strict';
import { Prng } from '../../src/core/prng.ts';
import { ITCH_LENGTHS } from '../../src/feed/itch/layout.ts';
import { ARBITER_RULES, MoldArbiter } from '../../src/feed/live/itch/arbiter.ts';
import { MoldKind, MoldPacket } from '../../src/feed/live/itch/mold.ts';
import { SoupClient, SoupState } from '../../src/feed/live/itch/soup.ts';
import { messagesOf, moldPacket, soupPacket } from '../feed/live/itch-support.ts';
import { randomItchFile } from '../feed/naive-itch.ts';
import { mutated, plainMold, plainSoup } from './itch-wire-twins.ts';

const SIZES = new Map([...ITCH_LENGTHS].map((size, type) => [type, size] as const).filter(([, size]) => size > 0));
const KIND_NAMES = { [MoldKind.Data]: 'data', [MoldKind.Heartbeat]: 'heartbeat', [MoldKind.End]: 'end' } as const;
const SOUP_ENDS: Readonly<Record<number, string>> = {
  [SoupState.LoggingIn]: 'open',
  [SoupState.Up]: 'open',
  [SoupState.Ended]: 'ended',
  [SoupState.Rejected]: 'rejected',
  [SoupState.Broken]: 'broken',
};

export class MoldFuzz {
  readonly kinds = new Map<string, number>();
  private readonly random: Prng;
  private readonly messages: readonly Uint8Array[];
  private readonly packet = new MoldPacket(ITCH_LENGTHS);
  private arbiter: MoldArbiter;
  private next = 1;
  private readonly clock = new Float64Array(1);

  constructor(seed: number) {
    this.random = new Prng(seed);
    this.messages = messagesOf(randomItchFile(this.random, 400, 3));
    this.arbiter = this.fresh();
  }

  /** One packet, mutated: read as the twin reads it, and let into an arbiter, which delivers or loses each number once. */
  step(): void {
    const { random, packet } = this;
    const from = random.below(this.messages.length - 12);
    const some = this.messages.slice(from, from + random.below(12));
    const count = random.below(20) === 0 ? 0xffff : undefined;
    const sequence = Math.max(1, this.next - 3 + random.below(12));
    const bytes = mutated(moldPacket('FUZZ', sequence, count === undefined ? some : [], count), random);
    const before = random.below(5);
    const shifted = Buffer.concat([Buffer.alloc(before, 0xaa), bytes, Buffer.alloc(random.below(5), 0xaa)]);
    const expected = plainMold(bytes, SIZES);
    const kind = packet.read(shifted, before, bytes.length);
    const name = kind === MoldKind.Malformed ? 'malformed' : KIND_NAMES[kind];
    this.kinds.set(name, (this.kinds.get(name) ?? 0) + 1);
    assert.equal(kind === MoldKind.Malformed ? null : KIND_NAMES[kind], expected?.kind ?? null);
    if (expected !== null) {
      assert.equal(BigInt(packet.sequence[0]), expected.sequence);
      assert.equal(packet.count, expected.messages.length);
      if (packet.count > 0) {
        const blocks = messagesOf(shifted.subarray(packet.from, packet.to)).map((one) =>
          Buffer.from(one).toString('hex'),
        );
        assert.deepEqual(
          blocks,
          expected.messages.map((one) => one.toString('hex')),
        );
      }
    }
    this.clock[0] += random.below(2e6);
    this.arbiter.datagram(random.below(3), shifted, before, bytes.length);
    this.arbiter.tick();
    if (this.arbiter.ended || this.arbiter.next > 2 ** 40) this.arbiter = this.fresh();
  }

  private fresh(): MoldArbiter {
    this.next = 1;
    const rules = { ...ARBITER_RULES, maxHeldBytes: 2000, tries: 2 };
    return new MoldArbiter(2, this.random.below(2) === 0, null, rules, this.clock, ITCH_LENGTHS, {
      messages: (bytes, from, to, count) => {
        assert.equal(messagesOf(bytes.subarray(from, to)).length, count);
        this.next += count;
        assert.equal(this.arbiter.next, this.next);
      },
      lost: (from, to) => {
        assert.equal(from, this.next);
        assert.ok(to > from);
        this.next = to;
      },
      request: (sequence, count) => {
        assert.equal(sequence, this.next);
        assert.ok(count > 0 && count < 0xffff);
      },
      line: () => {},
    });
  }
}

export class SoupFuzz {
  readonly ends = new Map<string, number>();
  private readonly random: Prng;
  private readonly messages: readonly Uint8Array[];

  constructor(seed: number) {
    this.random = new Prng(seed);
    this.messages = messagesOf(randomItchFile(this.random, 400, 3));
  }

  /** One connection, mutated, cut into pieces of any size; what a client makes of it is what the twin does. */
  step(): void {
    const { random } = this;
    const from = random.below(this.messages.length - 12);
    const some = this.messages.slice(from, from + random.below(12));
    const first = 1 + random.below(3);
    const parts = [soupPacket('A', 'FUZZ'.padStart(10) + String(first).padStart(20))];
    for (const message of some)
      parts.push(soupPacket('S', message), ...(random.below(4) === 0 ? [soupPacket('H')] : []));
    if (random.below(3) === 0) parts.push(soupPacket('+', 'x'));
    if (random.below(3) === 0) parts.push(soupPacket('Z'));
    const stream = mutated(Buffer.concat(parts), random);
    const session = random.below(2) === 0 ? 'FUZZ' : '';
    const seen: string[] = [];
    let lostTo = 1;
    const client = new SoupClient({ user: 'u', password: 'p', session }, new Float64Array(1), ITCH_LENGTHS, {
      messages: (bytes, at, to, count) => {
        const got = messagesOf(bytes.subarray(at, to));
        assert.equal(got.length, count);
        for (const one of got) seen.push(Buffer.from(one).toString('hex'));
      },
      lost: (_from, to) => {
        lostTo = to;
      },
    });
    client.connected();
    for (let at = 0; at < stream.length; ) {
      const size = 1 + random.below(random.below(2) === 0 ? 5 : 300);
      client.receive(stream.subarray(at, at + size));
      at += size;
    }
    const expected = plainSoup(stream, session, 1, SIZES);
    const end = SOUP_ENDS[client.state];
    this.ends.set(end, (this.ends.get(end) ?? 0) + 1);
    assert.equal(end, expected.end);
    assert.equal(lostTo, expected.firstNumber);
    assert.deepEqual(
      seen,
      expected.messages.filter((one) => one.length > 0).map((one) => one.toString('hex')),
    );
    assert.equal(client.next, expected.firstNumber + expected.messages.length);
  }
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import fc from 'fast-check';
import {
  ChainSequencer,
  CountSequencer,
  Join,
  joinOf,
  NO_PREVIOUS,
  RangeSequencer,
  StepSequencer,
  Verdict,
} from '../../src/feed/sequencer.ts';

interface Range {
  readonly first: number;
  readonly final: number;
  readonly previous: number;
}

/** A whole stream of messages as the venue sends them; futures skip ids between messages. */
function stream(sizes: readonly number[], futures: boolean): Range[] {
  const ranges: Range[] = [];
  let last = 100;
  for (const size of sizes) {
    const first = last + 1 + (futures ? size : 0);
    ranges.push({ first, final: first + size, previous: futures ? last : NO_PREVIOUS });
    last = first + size;
  }
  return ranges;
}

const sizes = fc.array(fc.integer({ min: 0, max: 3 }), { minLength: 3, maxLength: 30 });

test('an unbroken stream is applied from the message that the snapshot is joined by, and never before', () => {
  fc.assert(
    fc.property(sizes, fc.boolean(), fc.nat(), (steps, futures, pick) => {
      const ranges = stream(steps, futures);
      const at = pick % ranges.length;
      // A snapshot taken inside or at the end of message `at`.
      const id = ranges[at].first + (pick % (ranges[at].final - ranges[at].first + 1));
      const sequencer = new RangeSequencer();
      sequencer.join(id);
      let applied = 0;
      for (const [i, { first, final, previous }] of ranges.entries()) {
        const verdict = sequencer.next(first, final, previous);
        // Spot drops a message that ends at the snapshot's id, futures apply it again.
        const isOld = i < at || (i === at && !futures && id === final);
        assert.equal(
          verdict,
          isOld ? Verdict.Old : Verdict.Apply,
          `message ${i} of ${JSON.stringify(ranges)} at ${id}`,
        );
        if (verdict === Verdict.Apply) applied++;
      }
      assert.equal(sequencer.live, applied > 0);
    }),
  );
});

test('leaving out any message that is needed is a gap there, and nothing is applied behind it', () => {
  fc.assert(
    fc.property(sizes, fc.boolean(), fc.nat(), (steps, futures, pick) => {
      const ranges = stream(steps, futures);
      const lost = 1 + (pick % (ranges.length - 2));
      const sequencer = new RangeSequencer();
      sequencer.join(ranges[0].first);
      for (const [i, { first, final, previous }] of ranges.entries()) {
        if (i === lost) continue;
        const verdict = sequencer.next(first, final, previous);
        if (i < lost) assert.ok(verdict === Verdict.Apply || verdict === Verdict.Old);
        else if (i === lost + 1) {
          assert.equal(verdict, Verdict.Gap);
          const before = ranges[lost - 1].final;
          assert.equal(sequencer.expected, futures ? Math.max(before, ranges[0].first) : before + 1);
          assert.equal(sequencer.received, futures ? previous : first);
        } else assert.equal(verdict, Verdict.Wait);
      }
    }),
  );
});

test('a message that comes twice is a duplicate, and the stream goes on', () => {
  fc.assert(
    fc.property(sizes, fc.boolean(), fc.nat(), fc.nat(), (steps, futures, pick, back) => {
      const ranges = stream(steps, futures);
      const at = pick % ranges.length;
      const repeated = ranges[at - (back % (at + 1))];
      const sequencer = new RangeSequencer();
      sequencer.join(100);
      for (const [i, { first, final, previous }] of ranges.entries()) {
        assert.equal(sequencer.next(first, final, previous), Verdict.Apply);
        if (i !== at) continue;
        assert.equal(sequencer.next(repeated.first, repeated.final, repeated.previous), Verdict.Duplicate);
      }
    }),
  );
});

test('two messages swapped are a gap and a late message', () => {
  const [a, b, c, d] = stream([1, 1, 1, 1], false);
  const sequencer = new RangeSequencer();
  sequencer.join(100);
  const verdicts = [a, c, b, d].map(({ first, final, previous }) => sequencer.next(first, final, previous));
  assert.deepEqual(verdicts, [Verdict.Apply, Verdict.Gap, Verdict.OutOfOrder, Verdict.Wait]);
});

test('a message older than the snapshot that comes after the join is late', () => {
  const sequencer = new RangeSequencer();
  sequencer.join(100);
  assert.equal(sequencer.next(95, 98, NO_PREVIOUS), Verdict.Old);
  assert.equal(sequencer.next(99, 103, NO_PREVIOUS), Verdict.Apply);
  assert.equal(sequencer.next(95, 98, NO_PREVIOUS), Verdict.OutOfOrder);
  assert.equal(sequencer.next(104, 104, NO_PREVIOUS), Verdict.Apply);
});

test('a spot message that overlaps the one before goes on from it; a futures message must name it', () => {
  const spot = new RangeSequencer();
  spot.join(100);
  assert.equal(spot.next(101, 105, NO_PREVIOUS), Verdict.Apply);
  assert.equal(spot.next(104, 107, NO_PREVIOUS), Verdict.Apply);
  assert.equal(spot.overlaps, 1);
  const futures = new RangeSequencer();
  futures.join(100);
  assert.equal(futures.next(99, 105, 90), Verdict.Apply);
  assert.equal(futures.next(104, 107, 103), Verdict.Gap);
});

test('how a message lies to a snapshot is the rule in the venue’s documents', () => {
  for (let id = 0; id < 12; id++) {
    for (let first = 1; first < 12; first++) {
      for (let final = first; final < 12; final++) {
        const spot = final <= id ? Join.Before : first <= id + 1 && id + 1 <= final ? Join.Joins : Join.Beyond;
        assert.equal(joinOf(id, first, final, NO_PREVIOUS), spot);
        const futures = final < id ? Join.Before : first <= id && id <= final ? Join.Joins : Join.Beyond;
        assert.equal(
          joinOf(id, first, final, first > 1 ? first - 2 : 50),
          first - 2 === id && first > 1 ? Join.Joins : futures,
        );
      }
    }
  }
});

test('waiting for a snapshot, messages are kept in order and repeated or late ones are told apart', () => {
  const sequencer = new RangeSequencer();
  assert.ok(sequencer.waiting);
  assert.equal(sequencer.next(5, 8, NO_PREVIOUS), Verdict.Wait);
  assert.equal(sequencer.next(5, 8, NO_PREVIOUS), Verdict.Duplicate);
  assert.equal(sequencer.next(12, 14, NO_PREVIOUS), Verdict.Wait);
  assert.equal(sequencer.next(9, 11, NO_PREVIOUS), Verdict.OutOfOrder);
  sequencer.reset();
  assert.equal(sequencer.next(5, 8, NO_PREVIOUS), Verdict.Wait);
});

test('a chain is followed by its links: repeated, restarted and missing numbers', () => {
  const chain = new ChainSequencer();
  assert.equal(chain.next(1, 2), Verdict.Wait);
  chain.join(10);
  assert.equal(chain.next(10, 17), Verdict.Apply);
  assert.equal(chain.next(17, 17), Verdict.Apply); // nothing changed
  assert.equal(chain.next(10, 17), Verdict.Duplicate);
  assert.equal(chain.next(17, 3), Verdict.Apply); // after maintenance
  assert.equal(chain.next(3, 5), Verdict.Apply);
  assert.equal(chain.next(6, 8), Verdict.Gap);
  assert.deepEqual([chain.expected, chain.received], [5, 6]);
  assert.equal(chain.next(8, 9), Verdict.Wait);
  chain.join(20);
  assert.equal(chain.next(20, 21), Verdict.Apply);
});

test('OKX: an update that does not fit and was not seen in just this form is a gap, however low its number', () => {
  const chain = new ChainSequencer();
  chain.join(10);
  assert.equal(chain.next(10, 15), Verdict.Apply);
  // The reset 15 -> 3 is lost: what follows has lower numbers than what was applied.
  assert.equal(chain.next(3, 5), Verdict.Gap);
  assert.deepEqual([chain.expected, chain.received], [15, 3]);
  assert.equal(chain.next(5, 6), Verdict.Wait);
});

test('OKX: the last sixteen updates are known again, older ones are a gap', () => {
  const chain = new ChainSequencer();
  chain.join(0);
  for (let i = 0; i < 40; i++) assert.equal(chain.next(i, i + 1), Verdict.Apply);
  for (let i = 24; i < 40; i++) assert.equal(chain.next(i, i + 1), Verdict.Duplicate);
  assert.equal(chain.next(23, 24), Verdict.Gap);
});

test('Bybit: every delta has the next number; repeats are told from the deltas behind a restart that was lost', () => {
  const steps = new StepSequencer();
  const join = (update: number, cross: number): void => {
    steps.cross = cross;
    steps.join(update);
  };
  const next = (update: number, cross: number): Verdict => {
    steps.cross = cross;
    return steps.next(update);
  };
  join(100, 5000);
  assert.equal(next(101, 5003), Verdict.Apply);
  assert.equal(next(101, 5003), Verdict.Duplicate);
  assert.equal(next(99, 4990), Verdict.OutOfOrder);
  assert.equal(next(102, 5009), Verdict.Apply);
  assert.equal(next(2, 5010), Verdict.Gap); // after the snapshot u = 1, which did not come
  join(7, 6000);
  assert.equal(next(9, 6001), Verdict.Gap);
  assert.deepEqual([steps.expected, steps.received], [8, 9]);
  join(1, 7000);
  assert.equal(next(1, 7000), Verdict.Gap); // a delta is never u = 1
});

/** The naive twin: remembers every number. */
class SeenNumbers {
  private readonly seen = new Set<number>();
  private next = -1;
  private start = -1;

  verdict(sequence: number): Verdict {
    if (this.next < 0) {
      this.next = sequence;
      this.start = sequence;
    }
    const known = this.seen.has(sequence);
    this.seen.add(sequence);
    if (sequence === this.next) {
      this.next++;
      return Verdict.Apply;
    }
    if (sequence < this.next) return known && sequence >= this.start ? Verdict.Duplicate : Verdict.OutOfOrder;
    this.next = sequence + 1;
    return Verdict.Gap;
  }
}

test('numbered messages: every loss, repeat and late arrival is told, as long as one hole is in play', () => {
  const edit = fc.record({ at: fc.nat(28), how: fc.constantFrom('lose', 'repeat', 'swap', 'none') });
  fc.assert(
    fc.property(fc.nat(5), edit, (start, { at, how }) => {
      const numbers = Array.from({ length: 30 }, (_, i) => start + i);
      if (how === 'lose') numbers.splice(at, 1);
      else if (how === 'repeat') numbers.splice(at + 1, 0, numbers[at]);
      else if (how === 'swap') numbers.splice(at, 2, numbers[at + 1], numbers[at]);
      const sequencer = new CountSequencer();
      const twin = new SeenNumbers();
      for (const number of numbers)
        assert.equal(sequencer.next(number), twin.verdict(number), `${number} of ${numbers}`);
    }),
  );
});

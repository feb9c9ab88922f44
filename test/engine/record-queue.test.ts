import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { type QueueCursor, type RecordCursor, RecordQueue } from '../../src/engine/record-queue.ts';

/** Records of any length whose words all hold their number; each overwrites the one before. */
class Numbers implements RecordCursor {
  readonly at = 8;
  readonly u32 = new Uint32Array(80);
  readonly f64 = new Float64Array(this.u32.buffer);
  readonly bytes = new Uint8Array(this.u32.buffer);
  private made = 0;
  private readonly count: number;
  private readonly prng: Prng;

  constructor(count: number, prng: Prng) {
    this.count = count;
    this.prng = prng;
  }

  next(): boolean {
    if (this.made === this.count) return false;
    const words = 6 + 2 * this.prng.below(30);
    this.u32.fill(++this.made, 2, 2 + words);
    this.u32[3] = words * 4;
    return true;
  }
}

function check(cursor: QueueCursor, expected: number): void {
  const at = cursor.at >> 2;
  const words = cursor.u32[at + 1] >> 2;
  for (let i = 0; i < words; i++) if (i !== 1) assert.equal(cursor.u32[at + i], expected);
  assert.equal(cursor.bytes[cursor.at], expected & 255);
  assert.equal(cursor.f64.buffer, cursor.u32.buffer);
}

test('both cursors see every record once, whichever is ahead and however far', () => {
  const count = 12_000;
  for (let seed = 0; seed < 6; seed++) {
    const prng = new Prng(seed);
    const queue = new RecordQueue(new Numbers(count, prng));
    const cursors = [queue.first, queue.second];
    const seen = [0, 0];
    const lead = seed < 2 ? count : 1 + prng.below(300); // with the whole log between them the queue has to grow
    while (seen[0] < count || seen[1] < count) {
      let which = prng.below(2);
      if (seen[which] === count || seen[which] - seen[1 - which] >= lead) which = 1 - which;
      for (let n = seed < 2 ? count : 1 + prng.below(lead); n > 0 && seen[which] < count; n--) {
        assert.ok(cursors[which].next());
        check(cursors[which], ++seen[which]);
      }
    }
    for (const cursor of cursors) assert.equal(cursor.next() || cursor.next(), false, 'the end, however often asked');
  }
});

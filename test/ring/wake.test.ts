/** When a writer that parked on a full ring is woken. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';

/** Cell of "writer parked", second of the second control line of 128 bytes. */
const WRITER_PARKED = 33;

for (const [capacity, releases] of [
  [16, 4],
  [64, 16],
  [2, 1],
]) {
  test(`a writer parked on a full ring of ${capacity} slots is woken when ${releases} of them are free, not before`, () => {
    const shared = createSpsc(capacity);
    const writer = new SpscWriter(shared);
    const reader = new SpscReader(shared);
    for (let i = 0; i < capacity; i++) writer.next();
    writer.publish();
    const cells = new Int32Array(shared.buffer);
    cells[WRITER_PARKED] = 1;
    for (let i = 1; i <= releases; i++) {
      assert.equal(cells[WRITER_PARKED], 1, `after ${i - 1} releases`);
      assert.equal(reader.poll(1), 1);
      reader.release(1);
    }
    assert.equal(cells[WRITER_PARKED], 0);
  });
}

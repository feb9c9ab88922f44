/** Quick runs of the benchmarks of rings, matching and the machine's floor: their answers are checked, not their figures. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { makeOperations } from '../../latency-bench/matching-operations.ts';
import { type SmokeReport, smoke } from '../support/bench-smoke.ts';

function hasCxx(report: SmokeReport): boolean {
  return !report.notes.some((note) => note.startsWith('no C++') || note.startsWith('nothing in C++'));
}

test('rings pass every record, in order, whole, through every way of waiting, in C++ and through a message port', async (t) => {
  const report = await smoke(t, 'rings');
  const names = report.figures.map(({ name }) => name);
  for (const batch of [1, 16, 64]) assert.ok(names.includes(`SPSC ring, batch ${batch}`));
  for (const wait of ['spin', 'spin, then park', 'park']) {
    assert.ok(names.includes(`SPSC ring, batch 16, ${wait}`));
    assert.ok(names.some((name) => name.startsWith('two SPSC rings') && name.endsWith(`batch 16, ${wait}`)));
  }
  assert.ok(names.includes('MessagePort, 64 bytes a message'));
  const { count } = report.latencies.find(({ name }) => name === 'SPSC ring, round trip') ?? { count: 0 };
  assert.equal(count, 5_000);
  const cxx = names.filter((name) => name.startsWith('C++ ring'));
  assert.equal(cxx.length, hasCxx(report) ? 6 : 0, 'two C++ rings at three batches');
});

test('the journal ring passes every record to each of 1 to 4 readers', async (t) => {
  const report = await smoke(t, 'journal-ring');
  const names = report.figures.map(({ name }) => name);
  for (const readers of ['1 reader', '2 readers', '3 readers', '4 readers', '1 reader, spin', '1 reader, park']) {
    assert.ok(names.includes(`journal ring, ${readers}`), readers);
  }
  assert.deepEqual(
    report.latencies.map(({ count }) => count),
    [5_000, 500],
  );
});

test('the matching book has the trades of a C++ ladder and of nodejs-order-book, and the venue fills own orders', async (t) => {
  const report = await smoke(t, 'matching');
  const compared = hasCxx(report) ? 1 : 0;
  const peer = report.notes.some((note) => note.startsWith('no nodejs-order-book')) ? 0 : 1;
  assert.equal(report.figures.length, 11 + compared + peer);
});

test('the floor is measured, in C++ too where there is a compiler', async (t) => {
  const report = await smoke(t, 'floor');
  const names = report.figures.map(({ name }) => name);
  assert.ok(names.includes('copy, TypedArray.set') && names.includes('dependent cache miss'));
  assert.equal(names.includes('copy, C++ memcpy'), hasCxx(report));
  const latencies = report.latencies.map(({ name }) => name).join('\n');
  for (const what of ['4 KiB', '256 KiB', 'two wake-ups', 'postMessage', 'gap between']) {
    assert.ok(latencies.includes(what), what);
  }
});

test('operations for matching books are the same every time, and of every kind', () => {
  const first = makeOperations(5_000);
  assert.deepEqual(makeOperations(5_000), first);
  const kinds = new Set<number>();
  for (let w = 0; w < first.i32.length; w += 12) kinds.add(first.i32[w]);
  assert.deepEqual([...kinds].sort(), [1, 2, 3]);
});

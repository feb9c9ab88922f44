/** SPSC ring between two threads: 300 million records in all, every word checked, cursors across the int32 wrap. */
import { WaitStrategy } from '../../src/ring/wait.ts';
import { type RingRun, runSpsc } from '../support/ring-threads.ts';

const { Spin, SpinThenPark, Park } = WaitStrategy;
const M = 1_000_000;
const RUNS: readonly (RingRun & { readonly name: string })[] = [
  { name: 'spin then park, batch 64', count: 150 * M, wait: SpinThenPark, size: 1 << 16, batch: 64 },
  { name: 'park, batch 64', count: 60 * M, wait: Park, size: 1 << 14, batch: 64 },
  { name: 'spin, batch 64', count: 40 * M, wait: Spin, size: 1 << 14, batch: 64 },
  { name: 'spin then park, batch 16, 256 slots', count: 25 * M, wait: SpinThenPark, size: 256, batch: 16 },
  { name: 'spin then park, batch 1', count: 20 * M, wait: SpinThenPark, size: 1 << 12, batch: 1 },
  { name: 'slow reader', count: 5 * M, wait: SpinThenPark, size: 1 << 12, batch: 64, slowReader: 20_000 },
];

let total = 0;
for (const run of RUNS) {
  const start = performance.now();
  await runSpsc(run);
  total += run.count;
  const rate = run.count / (performance.now() - start) / 1000;
  console.log(`${run.name}: ${run.count / M} M records, ${rate.toFixed(1)} M/s`);
}
console.log(`${total / M} M records through ${RUNS.length} configurations, every word of each as written`);

/** Journal ring, one writer and 1-4 readers: 100 million records of every length for each configuration, all checked. */
import { WaitStrategy } from '../../src/ring/wait.ts';
import { type RingRun, runJournal } from '../support/ring-threads.ts';

const { Spin, SpinThenPark, Park } = WaitStrategy;
const M = 1_000_000;
const common = { count: 100 * M, wait: SpinThenPark, size: 1 << 22, batch: 8192 };
const RUNS: readonly (RingRun & { readonly name: string })[] = [
  { name: '1 reader', ...common },
  { name: '2 readers', ...common, readers: 2 },
  { name: '3 readers', ...common, readers: 3 },
  { name: '4 readers', ...common, readers: 4 },
  { name: '1 reader, park', ...common, wait: Park },
  { name: '1 reader, spin', ...common, wait: Spin },
  { name: '2 readers, 4 KiB ring, always full', ...common, count: 20 * M, size: 1 << 12, batch: 256, readers: 2 },
];

let total = 0;
for (const run of RUNS) {
  const start = performance.now();
  await runJournal(run);
  total += run.count;
  const rate = run.count / (performance.now() - start) / 1000;
  console.log(`${run.name}: ${run.count / M} M records, ${rate.toFixed(1)} M/s`);
}
console.log(`${total / M} M records through ${RUNS.length} configurations, to every reader whole and in order`);

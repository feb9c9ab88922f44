/** The benchmarks there are: every module in `benchmarks/` that exports `benchmark`. Adding one is adding a file. */
import { readdirSync } from 'node:fs';
import type { Benchmark } from './benchmark.ts';

/** In the order of their names. */
export async function loadBenchmarks(): Promise<Benchmark[]> {
  const folder = new URL('./benchmarks/', import.meta.url);
  const files = readdirSync(folder).filter((file) => file.endsWith('.js'));
  const modules = await Promise.all(files.map((file) => import(new URL(file, folder).href) as Promise<unknown>));
  return modules.map((module, i) => benchmarkOf(module, files[i])).sort((a, b) => (a.name < b.name ? -1 : 1));
}

function benchmarkOf(module: unknown, file: string): Benchmark {
  const { benchmark } = module as { benchmark?: Partial<Benchmark> };
  if (
    typeof benchmark?.name !== 'string' ||
    typeof benchmark.summary !== 'string' ||
    typeof benchmark.run !== 'function'
  ) {
    throw new Error(`latency-bench/benchmarks/${file} does not export a Benchmark named \`benchmark\``);
  }
  return benchmark as Benchmark;
}

/** Reads the results of a run, as `--json` printed or `--out` wrote them. */
import { readFileSync } from 'node:fs';
import { z } from 'zod';
import { messageOf, TapeheadError } from '../../src/core/errors.ts';
import { printable } from '../../src/core/printable.ts';
import { RESULTS_KIND, RESULTS_VERSION } from '../report/json.ts';

const better = z.enum(['higher', 'lower']);
const count = z.number().nonnegative();

const percentiles = z.object({
  count,
  p50Ns: z.number(),
  p90Ns: z.number(),
  p99Ns: z.number(),
  p999Ns: z.number(),
  p9999Ns: z.number(),
  maxNs: z.number(),
});

const benchmarkSchema = z.object({
  benchmark: z.string(),
  failed: z.string().nullable(),
  figures: z.array(z.object({ name: z.string(), unit: z.string(), better, runs: z.array(z.number()).min(1) })),
  latencies: z.array(
    percentiles.extend({ name: z.string(), kind: z.string(), resolution: z.number(), parts: z.array(percentiles) }),
  ),
  goals: z.array(
    z.object({
      name: z.string(),
      value: z.number(),
      unit: z.string(),
      limit: z.number(),
      better,
      reached: z.boolean(),
    }),
  ),
});

const headSchema = z.object({
  startedAt: z.string(),
  trusted: z.boolean(),
  distrust: z.array(z.string()),
  interrupted: z.boolean(),
  settings: z.object({
    smoke: z.boolean(),
    durationS: z.number().nullable(),
    rate: z.number().nullable(),
    schedule: z.string(),
    file: z.string().nullable(),
  }),
  machine: z.object({
    tapehead: z.string(),
    commit: z.string().nullable(),
    node: z.string(),
    v8: z.string(),
    system: z.string(),
    cpu: z.string(),
    cores: z.number(),
    memoryGb: z.number(),
    clockStepNs: z.number(),
  }),
});

const listSchema = headSchema.extend({ benchmarks: z.array(benchmarkSchema) });

export type BenchmarkResults = z.infer<typeof benchmarkSchema>;
export type Results = z.infer<typeof listSchema> & { readonly file: string };

/** Throws an error of one line that names the file. */
export function readResults(file: string): Results {
  const json = parse(file);
  const name = printable(file);
  const { kind, version } = (typeof json === 'object' && json !== null ? json : {}) as { [key: string]: unknown };
  if (kind !== RESULTS_KIND) {
    throw new TapeheadError(
      'FORMAT',
      `${name} holds no results of tapehead bench (kind ${JSON.stringify(kind) ?? 'missing'})`,
    );
  }
  if (version !== RESULTS_VERSION) {
    throw new TapeheadError(
      'FORMAT',
      `${name} has version ${JSON.stringify(version) ?? 'missing'} of the results, this tapehead reads ${RESULTS_VERSION}: measure again with one tapehead for both`,
    );
  }
  // One benchmark alone is an object of its own, with the machine in it.
  const list = 'benchmark' in (json as object) ? { ...(json as object), benchmarks: [json] } : json;
  const read = listSchema.safeParse(list);
  if (read.success) return { ...read.data, file };
  const [{ path, message }] = read.error.issues;
  throw new TapeheadError('FORMAT', `${name}: ${path.join('.')}: ${message}`);
}

function parse(file: string): unknown {
  let text: string;
  try {
    text = readFileSync(file, 'utf8');
  } catch (error) {
    const why =
      (error as NodeJS.ErrnoException).code === 'ENOENT' ? 'is not there' : `can't be read: ${messageOf(error)}`;
    throw new TapeheadError('NO_FILE', `${printable(file)} ${why}`);
  }
  try {
    return JSON.parse(text);
  } catch {
    throw new TapeheadError('FORMAT', `${printable(file)} is not JSON`);
  }
}

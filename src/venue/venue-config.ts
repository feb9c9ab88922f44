/**
 * The simulated venue's part of the configuration. All of it decides the run, so all of it belongs to the run's identity:
 * a latency file is read by `inlineLatencyFiles` and stands in the identity as its values.
 */
import { z } from 'zod';
import { messageOf, TapeheadError } from '../core/errors.ts';

const ns = z.number().int().min(0).max(86_400_000_000_000);
const rows = z.array(ns).min(1).max(1_000_000);
const positive = z.number().positive().finite();

const constant = z.strictObject({ model: z.literal('constant'), ns });
const uniform = z.strictObject({ model: z.literal('uniform'), minNs: ns, maxNs: ns });
const lognormal = z.strictObject({
  model: z.literal('lognormal'),
  medianNs: ns,
  sigma: z.number().min(0).max(10),
  offsetNs: ns.default(0),
  maxNs: ns.default(10_000_000_000),
});
const gamma = z.strictObject({
  model: z.literal('gamma'),
  shape: positive.max(1e6),
  scaleNs: positive,
  offsetNs: ns.default(0),
  maxNs: ns.default(10_000_000_000),
});
const sequence = z.strictObject({ model: z.literal('sequence'), valuesNs: rows });
const interpolated = z.strictObject({
  model: z.literal('interpolated'),
  timesNs: z.array(z.number().int()).min(1).max(1_000_000),
  valuesNs: rows,
});
const latencyModels = [constant, uniform, lognormal, gamma, sequence, interpolated] as const;

const latency = z.discriminatedUnion('model', [...latencyModels]).superRefine(checkLatency);
const feedLatency = z
  .discriminatedUnion('model', [z.strictObject({ model: z.literal('recorded') }), ...latencyModels])
  .superRefine(checkLatency);

const exponent = z.number().positive().max(20);
const queueModel = z.discriminatedUnion('model', [
  z.strictObject({ model: z.literal('riskAverse') }),
  z.strictObject({ model: z.literal('power'), n: exponent }),
  z.strictObject({ model: z.literal('power2'), n: exponent }),
  z.strictObject({ model: z.literal('power3'), n: exponent }),
  z.strictObject({ model: z.literal('log') }),
  z.strictObject({ model: z.literal('log2') }),
]);

const bps = z.string().regex(/^-?\d{1,4}(\.\d{1,4})?$/, 'must be basis points as a decimal such as "1.25" or "-0.5"');
const notional = z.string().regex(/^\d{1,12}(\.\d{1,6})?$/, 'must be an amount as a decimal such as "250000"');
const tier = z.strictObject({ fromNotional: notional.default('0'), makerBps: bps, takerBps: bps });
const tiers = z
  .array(tier)
  .min(1)
  .max(16)
  .superRefine((list, context) => {
    if (list.length === 0) return;
    if (Number(list[0].fromNotional) !== 0) context.addIssue('the first tier must begin at "0"');
    for (let i = 1; i < list.length; i++) {
      if (Number(list[i].fromNotional) > Number(list[i - 1].fromNotional)) continue;
      context.addIssue(`tier ${i} must begin above tier ${i - 1}`);
    }
  });
const NO_FEES = [{ fromNotional: '0', makerBps: '0', takerBps: '0' }];
const fees = z.strictObject({
  tiers: tiers.default(NO_FEES),
  /** By symbol, instead of `tiers`. */
  instruments: z.record(z.string(), tiers).default({}),
});

const probability = z.number().min(0).max(1).default(0);
const rejects = z.strictObject({
  newProbability: probability,
  replaceProbability: probability,
  cancelProbability: probability,
});

const HALF_MS = { model: 'constant', ns: 500_000 } as const;

export const venueConfigSchema = z.strictObject({
  /** How old a market event is when the recording received it: 'recorded' = tsRecv - tsEvent. */
  feedLatency: feedLatency.default({ model: 'recorded' }),
  entryLatency: latency.default(HALF_MS),
  responseLatency: latency.default(HALF_MS),
  /**
   * Without market events, how long the venue waits for one that may still come before it lets an order act; not longer
   * than the largest feed latency met so far.
   */
  horizonNs: ns.default(1_000_000_000),
  /** By-level books only; by-order books know the queue. */
  queueModel: queueModel.default({ model: 'power', n: 3 }),
  /** 'consume': depth that own orders took stays taken until the recorded level shrinks. 'none': it is there again. */
  impact: z.enum(['consume', 'none']).default('consume'),
  postOnly: z.enum(['reject', 'reprice']).default('reject'),
  stopTrigger: z.enum(['lastTrade', 'touch']).default('lastTrade'),
  whenHalted: z.enum(['rest', 'refuse']).default('rest'),
  selfTrade: z.enum(['cancelNewest', 'cancelOldest', 'cancelBoth', 'decrement']).default('cancelNewest'),
  rejects: rejects.default({ newProbability: 0, replaceProbability: 0, cancelProbability: 0 }),
  fees: fees.default({ tiers: NO_FEES, instruments: {} }),
});

export type VenueConfig = z.infer<typeof venueConfigSchema>;
export type LatencyConfig = z.infer<typeof latency>;
export type QueueModelConfig = z.infer<typeof queueModel>;
export type FeeTier = z.infer<typeof tier>;

/** Checks and completes what a configuration file says of the venue. `where` names the file and place in messages. */
export function parseVenueConfig(value: unknown, where = 'venue'): VenueConfig {
  const result = venueConfigSchema.safeParse(value ?? {});
  if (result.success) return result.data;
  const issue = result.error.issues[0];
  const path = [where, ...issue.path.map(String)].join('.');
  const more = result.error.issues.length > 1 ? ` (and ${result.error.issues.length - 1} more)` : '';
  throw new TapeheadError('USAGE', `${path}: ${issue.message.replaceAll('\n', ' ')}${more}`);
}

/**
 * Replaces `{ "model": "file", "file": F, "draw": "sequence" | "interpolate", "column"?: name }` in the three latencies by
 * the values in F: CSV, with or without a header. One column: latencies in ns (draw "sequence"). Two: time and latency.
 * Three (hftbacktest's request, exchange and response time): entry latency = second - first at the first, response latency
 * = third - second at the second. Times are session ns, or epoch ns (from 10^15 on), which are counted from the first row's
 * UTC midnight.
 */
export function inlineLatencyFiles(value: unknown, readText: (file: string) => string, where = 'venue'): unknown {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return value;
  const result: Record<string, unknown> = { ...value };
  for (const name of ['feedLatency', 'entryLatency', 'responseLatency']) {
    const part = result[name];
    if (typeof part !== 'object' || part === null || !('model' in part) || part.model !== 'file') continue;
    result[name] = inlineFile(part, readText, `${where}.${name}`, name === 'responseLatency');
  }
  return result;
}

const fileModel = z.strictObject({
  model: z.literal('file'),
  file: z.string().min(1),
  draw: z.enum(['sequence', 'interpolate']).default('sequence'),
});

function inlineFile(part: unknown, readText: (file: string) => string, where: string, isResponse: boolean): unknown {
  const parsed = fileModel.safeParse(part);
  if (!parsed.success) {
    const issue = parsed.error.issues[0];
    throw new TapeheadError('USAGE', `${[where, ...issue.path.map(String)].join('.')}: ${issue.message}`);
  }
  const { file, draw } = parsed.data;
  let text: string;
  try {
    text = readText(file);
  } catch (error) {
    throw new TapeheadError('NO_FILE', `${where}.file: ${file} can't be read: ${messageOf(error)}`);
  }
  const { timesNs, valuesNs } = readRows(text, file, isResponse, draw);
  if (valuesNs.length === 0) throw new TapeheadError('EMPTY', `${where}.file: ${file} has no latencies`);
  return draw === 'sequence' ? { model: 'sequence', valuesNs } : { model: 'interpolated', timesNs, valuesNs };
}

const EPOCH_FROM = 10n ** 15n;
const DAY_NS = 86_400_000_000_000n;

function readRows(text: string, file: string, isResponse: boolean, draw: string) {
  const timesNs: number[] = [];
  const valuesNs: number[] = [];
  let midnight: bigint | null = null;
  let columns = 0;
  const lines = text.split('\n');
  for (let i = 0; i < lines.length; i++) {
    const line = lines[i].trim();
    if (line === '' || line.startsWith('#')) continue;
    const cells = line.split(',').map((cell) => cell.trim());
    if (columns === 0 && cells.every((cell) => /^[A-Za-z]/.test(cell))) continue; // header
    columns ||= cells.length;
    const fault = (what: string) => new TapeheadError('FORMAT', `${file}: line ${i + 1}: ${what}`);
    if (cells.length !== columns || columns > 3) throw fault('expected 1, 2 or 3 columns, the same on every line');
    if (!cells.every((cell) => /^-?\d{1,19}$/.test(cell))) throw fault('expected whole numbers of ns');
    if (columns === 1 && draw === 'interpolate') throw fault('"interpolate" needs a time beside each latency');
    const numbers = cells.map(BigInt);
    const from = isResponse && columns === 3 ? 1 : 0;
    const value = Number(columns === 3 ? numbers[from + 1] - numbers[from] : numbers[columns - 1]);
    if (value < 0 || value > 86_400_000_000_000) throw fault(`latency ${value} is not between 0 and a day`);
    midnight ??= columns > 1 && numbers[from] >= EPOCH_FROM ? (numbers[from] / DAY_NS) * DAY_NS : 0n;
    const time = columns > 1 ? Number(numbers[from] - midnight) : 0;
    if (draw === 'interpolate' && timesNs.length > 0 && time < timesNs[timesNs.length - 1]) {
      throw fault('times go back');
    }
    timesNs.push(time);
    valuesNs.push(value);
  }
  return { timesNs, valuesNs };
}

function checkLatency(
  value: { model: string; minNs?: number; maxNs?: number; timesNs?: number[]; valuesNs?: number[] },
  context: { addIssue(message: string): void },
): void {
  if (value.model === 'uniform' && value.maxNs! < value.minNs!) context.addIssue('maxNs is below minNs');
  if (value.model !== 'interpolated') return;
  const times = value.timesNs!;
  if (times.length !== value.valuesNs!.length) context.addIssue('timesNs and valuesNs differ in length');
  if (times.some((time, i) => i > 0 && time < times[i - 1])) context.addIssue('timesNs goes back');
}

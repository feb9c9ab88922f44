/**
 * From a history to returns on common dates. Policy, each use of it counted in the report:
 *
 * - drop: only dates on which every instrument has a value. A return over dropped dates is one return over a longer time.
 * - refuse: a missing value is an error.
 * - carry (prices): the last price goes on, so the return is 0; dates before an instrument's first price are dropped.
 *
 * Splits are applied where the user lists them, and otherwise only pointed out.
 */
import { TapeheadError } from '../../core/errors.ts';
import type { Scenarios } from '../methods/scenarios.ts';
import type { History } from './history.ts';
import type { MissingPolicy } from './missing-policy.ts';
import { applySplits, type Split, suspectedSplits } from './splits.ts';

export interface AlignReport {
  readonly file: string;
  readonly holds: 'prices' | 'returns';
  readonly missing: MissingPolicy;
  readonly instruments: number;
  /** Dates in the file within the range asked for, and those of them that were used. */
  readonly dates: number;
  readonly datesUsed: number;
  readonly from: string;
  readonly to: string;
  readonly datesDropped: number;
  /** Instruments with missing values, and how many. */
  readonly missingValues: readonly { readonly instrument: string; readonly values: number }[];
  readonly valuesCarried: number;
  /** Returns that reach over dropped dates. */
  readonly returnsOverGaps: number;
  readonly splitsApplied: number;
  readonly notes: readonly string[];
}

export interface AlignedReturns {
  readonly names: readonly string[];
  /** End of each period. */
  readonly dates: readonly string[];
  readonly scenarios: Scenarios;
  /** Of each instrument, the last used; null where the file holds returns. */
  readonly lastPrices: Float64Array | null;
  readonly report: AlignReport;
}

export interface AlignSettings {
  readonly isReturns: boolean;
  readonly missing: MissingPolicy;
  readonly splits: readonly Split[];
}

/** Returns above this in a file of returns are probably in percent, or prices. */
const LARGE_RETURN = 1;

/** Throws USAGE, FORMAT, EMPTY: one line. O(cells). */
export function align(history: History, settings: AlignSettings): AlignedReturns {
  const { isReturns, missing } = settings;
  if (isReturns && missing === 'carry') {
    throw new TapeheadError('USAGE', "--missing carry is for prices: a return can't be carried on; drop or refuse");
  }
  if (isReturns && settings.splits.length > 0)
    throw new TapeheadError('USAGE', '--splits is for prices, not for returns');
  const { names, dates } = history;
  const values = history.values.slice();
  const notes = [...history.notes];
  const missingValues = countMissing(history);
  if (missing === 'refuse') refuseMissing(history);
  const valuesCarried = missing === 'carry' ? carry(values, names.length, dates.length) : 0;
  const kept = completeDates(history, values);
  const splitsApplied = isReturns ? 0 : applySplits(history, values, settings.splits);
  if (splitsApplied < settings.splits.length) {
    notes.push(`${settings.splits.length - splitsApplied} of the splits listed are of other instruments or dates`);
  }
  const compact = compacted(values, names.length, dates.length, kept);
  const used = { names, dates: kept.map((t) => dates[t]), values: compact };
  const scenarios = isReturns ? returnsAsGiven(used, notes) : priceReturns(used);
  if (!isReturns) notes.push(...suspectedSplits(used));
  return {
    names,
    dates: isReturns ? used.dates : used.dates.slice(1),
    scenarios,
    lastPrices: isReturns ? null : lastOf(used),
    report: {
      file: history.path,
      holds: isReturns ? 'returns' : 'prices',
      missing,
      instruments: names.length,
      dates: dates.length,
      datesUsed: kept.length,
      from: used.dates[0],
      to: used.dates[used.dates.length - 1],
      datesDropped: dates.length - kept.length,
      missingValues,
      valuesCarried,
      returnsOverGaps: isReturns ? 0 : kept.filter((t, k) => k > 0 && t !== kept[k - 1] + 1).length,
      splitsApplied,
      notes,
    },
  };
}

interface Grid {
  readonly names: readonly string[];
  readonly dates: readonly string[];
  /** Row-major names x dates, nothing missing. */
  readonly values: Float64Array;
}

function countMissing({ names, dates, values }: History): { instrument: string; values: number }[] {
  return names
    .map((instrument, i) => {
      let count = 0;
      for (let t = 0; t < dates.length; t++) if (Number.isNaN(values[i * dates.length + t])) count++;
      return { instrument, values: count };
    })
    .filter((one) => one.values > 0);
}

function refuseMissing({ path, names, dates, values }: History): void {
  for (let k = 0; k < values.length; k++) {
    if (!Number.isNaN(values[k])) continue;
    const [i, t] = [Math.floor(k / dates.length), k % dates.length];
    throw new TapeheadError('FORMAT', `${path}: ${names[i]} has no value on ${dates[t]} (--missing drop or carry)`);
  }
}

function carry(values: Float64Array, instruments: number, length: number): number {
  let carried = 0;
  for (let i = 0; i < instruments; i++) {
    for (let k = i * length + 1; k < (i + 1) * length; k++) {
      if (!Number.isNaN(values[k]) || Number.isNaN(values[k - 1])) continue;
      values[k] = values[k - 1];
      carried++;
    }
  }
  return carried;
}

function completeDates({ path, names, dates }: History, values: Float64Array): number[] {
  const counts = new Int32Array(names.length);
  const kept: number[] = [];
  for (let t = 0; t < dates.length; t++) {
    let isComplete = true;
    for (let i = 0; i < names.length; i++) {
      if (Number.isNaN(values[i * dates.length + t])) isComplete = false;
      else counts[i]++;
    }
    if (isComplete) kept.push(t);
  }
  if (kept.length > 0) return kept;
  const fewest = counts.indexOf(Math.min(...counts));
  throw new TapeheadError(
    'EMPTY',
    `${path}: on none of ${dates.length} dates do all ${names.length} instruments have a value; ` +
      `${names[fewest]} has the fewest, ${counts[fewest]} (choose with --column, or --missing carry)`,
  );
}

function compacted(values: Float64Array, instruments: number, length: number, kept: readonly number[]): Float64Array {
  const result = new Float64Array(instruments * kept.length);
  for (let i = 0; i < instruments; i++) {
    for (let k = 0; k < kept.length; k++) result[i * kept.length + k] = values[i * length + kept[k]];
  }
  return result;
}

function priceReturns({ names, dates, values }: Grid): Scenarios {
  const observations = Math.max(0, dates.length - 1);
  const returns = new Float64Array(names.length * observations);
  for (let i = 0; i < names.length; i++) {
    for (let t = 0; t < observations; t++) {
      const before = values[i * dates.length + t];
      returns[i * observations + t] = (values[i * dates.length + t + 1] - before) / before;
    }
  }
  return { instruments: names.length, observations, returns };
}

function returnsAsGiven({ names, dates, values }: Grid, notes: string[]): Scenarios {
  let large = 0;
  for (let k = 0; k < values.length; k++) if (Math.abs(values[k]) > LARGE_RETURN) large++;
  if (large > 0) notes.push(`${large} returns are larger than 100 %: are they in percent, or prices?`);
  return { instruments: names.length, observations: dates.length, returns: values };
}

function lastOf({ names, dates, values }: Grid): Float64Array {
  return Float64Array.from(names, (_, i) => values[(i + 1) * dates.length - 1]);
}

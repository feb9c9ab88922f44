/**
 * Whose risk it is (M. Garman, "Improving on VaR", Risk 9(5), 1996; D. Tasche, "Risk contributions and performance measurement",
 * 1999):
 *
 * - marginal: d VaR / d position, per unit of exposure;
 * - component: position x marginal; sums to the total, by Euler's theorem, for each method and any grouping;
 * - incremental: VaR with the position (or group) less VaR without it; does not sum to the total.
 */
import { isUnavailable, type Unavailable } from './outcome.ts';
import type { Measure, RiskModel, Slopes } from './types.ts';

/** What can be attributed: figures over the horizon of any exposures. */
export type RiskMeasurer = Pick<RiskModel, 'instruments' | 'measure'>;

/** A holding: several may be in one instrument, for different strategies or accounts. */
export interface Holding {
  /** Index of the instrument. */
  readonly instrument: number;
  /** Money per unit of return, or a weight; short ones negative. */
  readonly exposure: number;
}

export interface Contribution {
  readonly name: string;
  /** Sum of the group's exposures. */
  readonly exposure: number;
  readonly var: number;
  readonly es: number;
  /** Null where the portfolio without the group has no figure. */
  readonly incrementalVar: number | null;
  readonly incrementalEs: number | null;
}

export interface InstrumentContribution extends Contribution {
  /** Per unit of exposure. */
  readonly marginalVar: number;
  readonly marginalEs: number;
}

export interface Attribution {
  readonly total: Measure;
  readonly slopes: Slopes;
}

/** Exposures by instrument. */
export function netExposures(holdings: readonly Holding[], instruments: number): Float64Array {
  const exposures = new Float64Array(instruments);
  for (const { instrument, exposure } of holdings) exposures[instrument] += exposure;
  return exposures;
}

export function slopesOf(calculator: RiskMeasurer, exposures: Float64Array): Attribution | Unavailable {
  const slopes = { var: new Float64Array(exposures.length), es: new Float64Array(exposures.length) };
  const total = calculator.measure(exposures, slopes);
  return isUnavailable(total) ? total : { total, slopes };
}

/** One contribution per instrument held, in the order of the instruments. Costs one measurement each. */
export function byInstrument(
  calculator: RiskMeasurer,
  exposures: Float64Array,
  names: readonly string[],
  { total, slopes }: Attribution,
): InstrumentContribution[] {
  const result: InstrumentContribution[] = [];
  const without = exposures.slice();
  for (let i = 0; i < exposures.length; i++) {
    if (exposures[i] === 0) continue;
    without[i] = 0;
    result.push({
      name: names[i],
      exposure: exposures[i],
      var: exposures[i] * slopes.var[i],
      es: exposures[i] * slopes.es[i],
      ...incremental(calculator, total, without),
      marginalVar: slopes.var[i],
      marginalEs: slopes.es[i],
    });
    without[i] = exposures[i];
  }
  return result;
}

/** One contribution per label, in order of appearance; `labels[i]` is that of holding i. */
export function byLabel(
  calculator: RiskMeasurer,
  holdings: readonly Holding[],
  labels: readonly string[],
  { total, slopes }: Attribution,
): Contribution[] {
  return [...new Set(labels)].map((name) => {
    const inside = holdings.filter((_, i) => labels[i] === name);
    const rest = holdings.filter((_, i) => labels[i] !== name);
    const sum = (of: (holding: Holding) => number): number => inside.reduce((total, holding) => total + of(holding), 0);
    return {
      name,
      exposure: sum(({ exposure }) => exposure),
      var: sum(({ instrument, exposure }) => exposure * slopes.var[instrument]),
      es: sum(({ instrument, exposure }) => exposure * slopes.es[instrument]),
      ...incremental(calculator, total, netExposures(rest, calculator.instruments)),
    };
  });
}

/** What adding `change` to the positions adds to VaR and ES: "what would this order do". Costs two measurements. */
export function incrementalOf(
  calculator: RiskMeasurer,
  exposures: Float64Array,
  change: Float64Array,
): { readonly var: number; readonly es: number } | Unavailable {
  const before = calculator.measure(exposures, null);
  if (isUnavailable(before)) return before;
  const after = calculator.measure(
    exposures.map((exposure, i) => exposure + change[i]),
    null,
  );
  return isUnavailable(after) ? after : { var: after.var - before.var, es: after.es - before.es };
}

function incremental(
  calculator: RiskMeasurer,
  total: Measure,
  without: Float64Array,
): { readonly incrementalVar: number | null; readonly incrementalEs: number | null } {
  const rest = calculator.measure(without, null);
  if (isUnavailable(rest)) return { incrementalVar: null, incrementalEs: null };
  return { incrementalVar: total.var - rest.var, incrementalEs: total.es - rest.es };
}

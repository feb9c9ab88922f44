/** Figures, attribution and greeks of a portfolio with options. */
import { exposureOf, type Holding, type Revaluation } from '../portfolio/derivatives/holding.ts';
import { holdingsFigure, holdingsModel } from '../portfolio/derivatives/holdings-model.ts';
import { optionGreeks } from '../portfolio/derivatives/option.ts';
import type { HeldBook } from '../portfolio/derivatives/positions.ts';
import { byLabel, type Contribution, type InstrumentContribution, slopesOf } from '../portfolio/methods/attribution.ts';
import { isUnavailable } from '../portfolio/methods/outcome.ts';
import type { RiskResult } from '../portfolio/methods/risk.ts';
import type { RiskSettings } from '../portfolio/methods/settings.ts';
import { LABELS, type Label } from '../portfolio/prices/positions.ts';
import type { Components } from './var.ts';
import type { Portfolio } from './var-input.ts';

/** Money; each sums over holdings. */
export interface GreekRow {
  readonly name: string;
  readonly value: number;
  /** Of a rise of the underlier by 1 %, and what it adds to that. */
  readonly deltaPerPercent: number;
  readonly gammaPerPercent: number;
  /** Of one point more of volatility (0.01). */
  readonly vegaPerPoint: number;
  readonly thetaPerDay: number;
  /** Of one point more of rate (0.01). */
  readonly rhoPerPoint: number;
}

export interface Greeks {
  readonly holdings: readonly GreekRow[];
  readonly total: GreekRow;
}

/** Components are by holding, rows of one name taken together; marginal figures are per unit held. */
export function optionFigures(
  { aligned, book }: Portfolio,
  settings: RiskSettings,
  revaluation: Revaluation,
  isAttributed: boolean,
): { readonly result: RiskResult; readonly attribution: Components | null } {
  const { holdings, nowNs } = book;
  const model = holdingsModel(holdings, aligned.scenarios, settings, { nowNs, revaluation });
  const result = holdingsFigure(model, settings);
  if (!result.available || !isAttributed || isUnavailable(model)) return { result, attribution: null };
  const attribution = slopesOf(model, new Float64Array(holdings.length).fill(1));
  if (isUnavailable(attribution)) return { result: { ...attribution, method: result.method }, attribution: null };
  const asHeld = holdings.map((_, instrument) => ({ instrument, exposure: 1 }));
  const deltas = holdings.map((holding) => exposureOf(holding, nowNs).delta);
  const grouped = (labels: readonly string[]): Contribution[] =>
    byLabel(model, asHeld, labels, attribution).map((row) => ({ ...row, exposure: sumOf(deltas, labels, row.name) }));
  const names = holdings.map(({ name }) => name);
  const quantities = holdings.map(({ quantity }) => quantity);
  const components = grouped(names).map((row): InstrumentContribution => {
    const held = sumOf(quantities, names, row.name);
    return { ...row, marginalVar: held === 0 ? 0 : row.var / held, marginalEs: held === 0 ? 0 : row.es / held };
  });
  return { result, attribution: { components, groups: groupsOf(book, grouped) } };
}

/** Contributions by each label that the positions have. */
export function groupsOf(
  { rows }: HeldBook,
  contributions: (labels: readonly string[]) => Contribution[],
): Components['groups'] {
  const present = LABELS.filter((label) => rows.length > 0 && rows[0].labels[label] !== undefined);
  return Object.fromEntries(
    present.map((label: Label) => [label, contributions(rows.map((row) => row.labels[label]!))] as const),
  );
}

export function greeksOf({ holdings, nowNs }: HeldBook): Greeks {
  const rows = holdings.map((holding) => greekRow(holding, nowNs));
  const sum = (of: (row: GreekRow) => number): number => rows.reduce((total, row) => total + of(row), 0);
  return {
    holdings: rows,
    total: {
      name: 'total',
      value: sum((row) => row.value),
      deltaPerPercent: sum((row) => row.deltaPerPercent),
      gammaPerPercent: sum((row) => row.gammaPerPercent),
      vegaPerPoint: sum((row) => row.vegaPerPoint),
      thetaPerDay: sum((row) => row.thetaPerDay),
      rhoPerPoint: sum((row) => row.rhoPerPoint),
    },
  };
}

function greekRow(holding: Holding, nowNs: number): GreekRow {
  const { name, option, price, quantity, moneyPerPoint } = holding;
  const { value, delta, halfGamma, vega } = exposureOf(holding, nowNs);
  const money = quantity * moneyPerPoint;
  const greeks = option === null ? null : optionGreeks(option, price, nowNs);
  return {
    name,
    value,
    deltaPerPercent: delta / 100,
    gammaPerPercent: (2 * halfGamma) / 1e4,
    vegaPerPoint: vega / 100,
    thetaPerDay: greeks === null ? 0 : (money * greeks.theta) / 365,
    rhoPerPoint: greeks === null ? 0 : (money * greeks.rho) / 100,
  };
}

function sumOf(values: readonly number[], labels: readonly string[], label: string): number {
  return values.reduce((sum, value, i) => (labels[i] === label ? sum + value : sum), 0);
}

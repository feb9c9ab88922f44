/** A table for people: every limit in force on totals, rates and losses, how far it is used, and whom it binds. */
import type { InstrumentDef } from '../core/instrument-def.ts';
import { OrderSide } from '../core/order.ts';
import type { Exposure } from './exposure.ts';
import { BUY_LOTS, INSTRUMENT, MAX_LONG, MAX_SHORT, POSITION, SELL_LOTS, SUBJECT } from './exposure-rows.ts';
import type { Limits } from './limits.ts';
import type { Losses } from './losses.ts';
import type { Positions } from './positions.ts';
import type { Rates } from './rates.ts';
import type { SlidingWindow } from './sliding-window.ts';
import { ENGINE, type Subjects } from './subjects.ts';

export interface LimitUse {
  readonly limit: string;
  /** `engine`, `account main`, `strategy mm`, with the instrument where the limit is one per instrument. */
  readonly scope: string;
  /** Money in the subject's currency, quantities in units of the instrument, messages. NaN: not known. */
  readonly use: number;
  readonly max: number;
  readonly percent: number;
}

const NONE = Number.POSITIVE_INFINITY;
const MICRO = 1e6;

export function listUse(
  subjects: Subjects,
  limits: Limits,
  positions: Positions,
  exposure: Exposure,
  rates: Rates,
  losses: Losses,
  defs: readonly (InstrumentDef | undefined)[],
  nowNs: number,
): LimitUse[] {
  const table: LimitUse[] = [];
  const add = (limit: string, scope: string, use: number, max: number, unit: number): void => {
    if (max === NONE) return;
    const percent = max === 0 ? (use > 0 ? NONE : 0) : Math.max(0, (use / max) * 100);
    table.push({ limit, scope, use: use / unit, max: max / unit, percent });
  };
  const addRate = (limit: string, scope: string, window: SlidingWindow | undefined): void => {
    if (window !== undefined) add(limit, scope, window.used(nowNs), window.max, 1);
  };
  for (let subject = 0; subject < subjects.count; subject++) {
    const scope = subjects.nameOf(subject);
    const isValued = exposure.unvalued[subject] === 0 && positions.problems[subject] === 0;
    const money = (value: number): number => (isValued ? value : Number.NaN);
    const net = Math.max(exposure.netUse(subject, OrderSide.Buy), exposure.netUse(subject, OrderSide.Sell));
    add('maxGross', scope, money(exposure.gross[subject]), limits.maxGross[subject], MICRO);
    add('maxNet', scope, money(net), limits.maxNet[subject], MICRO);
    add('maxCredit', scope, money(exposure.creditUse(subject)), limits.maxCredit[subject], MICRO);
    add('maxLoss', scope, money(0 - positions.equityMicro[subject]), limits.maxLoss[subject], MICRO);
    add('maxDrawdown', scope, money(positions.drawdownMicro(subject)), limits.maxDrawdown[subject], MICRO);
  }
  add('maxVar', subjects.nameOf(ENGINE), losses.varMicro, limits.maxVar, MICRO);
  for (const strategy of subjects.strategies.keys()) {
    const scope = subjects.nameOf(subjects.ofStrategy(strategy));
    addRate('messageRate', scope, rates.messages[strategy]);
    addRate('cancelRate', scope, rates.cancels[strategy]);
    addRate('repeatedExecutions', scope, rates.executions[strategy]);
  }
  for (const [instrument, window] of rates.instruments.entries()) {
    addRate('messageRate', `instrument ${defs[instrument]?.symbol ?? instrument}`, window);
  }
  const { f64 } = exposure.rows;
  for (let i = 1; i <= exposure.rows.count; i++) {
    const row = exposure.rows.at(i);
    const def = defs[f64[row + INSTRUMENT]];
    const scope = `${subjects.nameOf(f64[row + SUBJECT])}, ${def?.symbol ?? f64[row + INSTRUMENT]}`;
    const unit = 10 ** (def?.qtyDecimals ?? 0);
    add('maxLong', scope, f64[row + POSITION] + f64[row + BUY_LOTS], f64[row + MAX_LONG], unit);
    add('maxShort', scope, f64[row + SELL_LOTS] - f64[row + POSITION], f64[row + MAX_SHORT], unit);
  }
  return table;
}

/** The limits that bind a row of exposure-rows.ts, written into it when it is made and whenever they change. */
import type { InstrumentDef } from '../core/instrument-def.ts';
import type { InstrumentTerms } from '../core/instrument-terms.ts';
import { RiskScope } from '../core/record.ts';
import {
  COLLAR_MILLIONTHS,
  COLLAR_TICKS,
  type ExposureRows,
  MAX_AGE_NS,
  MAX_LONG,
  MAX_NOTIONAL,
  MAX_QTY,
  MAX_SHORT,
  PERMISSIONS,
  SUBJECT,
  VOLUME_MILLIONTHS,
} from './exposure-rows.ts';
import type { Limits } from './limits.ts';

export function resolveRow(
  rows: ExposureRows,
  row: number,
  limits: Limits,
  def: InstrumentDef,
  terms: InstrumentTerms | null,
): void {
  const { f64 } = rows;
  const { subjects } = limits;
  const { symbol } = def;
  const subject = f64[row + SUBJECT];
  f64[row + MAX_LONG] = limits.maxPositionLots(subject, def, true);
  f64[row + MAX_SHORT] = limits.maxPositionLots(subject, def, false);
  if (subjects.scopeOf(subject) !== RiskScope.Strategy) return;
  const strategy = subjects.indexOf(subject);
  f64[row + MAX_QTY] = limits.maxQtyLots(strategy, def);
  f64[row + MAX_NOTIONAL] = limits.maxNotionalMicro(strategy, symbol);
  f64[row + COLLAR_MILLIONTHS] = limits.collarMillionths(strategy, symbol);
  f64[row + COLLAR_TICKS] = limits.collarTicks(strategy, symbol, terms);
  f64[row + VOLUME_MILLIONTHS] = limits.volumeMillionths(strategy, symbol);
  f64[row + MAX_AGE_NS] = limits.maxReferenceAgeNs(strategy, symbol);
  f64[row + PERMISSIONS] = limits.permissions(strategy, symbol);
}

/** The rows that a request is about, made when first asked for, and the limits in them. */
import type { InstrumentDef } from '../core/instrument-def.ts';
import type { InstrumentTerms } from '../core/instrument-terms.ts';
import { RiskScope } from '../core/record.ts';
import { type Request, SCOPES } from './checks.ts';
import {
  ACCOUNT_ROW,
  COLLAR_MILLIONTHS,
  COLLAR_TICKS,
  ENGINE_ROW,
  type ExposureRows,
  MAX_AGE_NS,
  MAX_LONG,
  MAX_NOTIONAL,
  MAX_QTY,
  MAX_SHORT,
  NEXT_ROW,
  PERMISSIONS,
  SUBJECT,
  VOLUME_MILLIONTHS,
} from './exposure-rows.ts';
import type { LimitVectors } from './limit-vectors.ts';
import type { Limits } from './limits.ts';
import { ENGINE } from './subjects.ts';

export class RequestRows {
  private readonly rows: ExposureRows;
  private readonly limits: Limits;
  private readonly vectors: LimitVectors;
  private readonly defs: (InstrumentDef | undefined)[] = [];
  private readonly terms: (InstrumentTerms | null)[] = [];

  constructor(rows: ExposureRows, limits: Limits, vectors: LimitVectors) {
    this.rows = rows;
    this.limits = limits;
    this.vectors = vectors;
  }

  /** The instrument, or limits that bind in it, changed. */
  define(instrument: number, def: InstrumentDef, terms: InstrumentTerms | null): void {
    this.defs[instrument] = def;
    this.terms[instrument] = terms;
    this.resolve(instrument);
  }

  /** Fills in the subjects of a request and their rows; rows are made when a strategy first asks for an instrument. */
  read(request: Request, instrument: number, account: number, strategy: number): void {
    const { subjects, rows } = request;
    const ofStrategy = this.limits.subjects.ofStrategy(strategy);
    subjects[0] = ENGINE;
    subjects[1] = this.limits.subjects.ofAccount(account);
    subjects[2] = ofStrategy;
    const row = this.rows.find(ofStrategy, instrument);
    if (row === 0) {
      this.make(request, instrument);
      return;
    }
    const { f64 } = this.rows;
    rows[0] = f64[row + ENGINE_ROW];
    rows[1] = f64[row + ACCOUNT_ROW];
    rows[2] = row;
  }

  private make(request: Request, instrument: number): void {
    const { subjects, rows } = request;
    for (let i = 0; i < SCOPES; i++) {
      const found = this.rows.find(subjects[i], instrument);
      rows[i] = found !== 0 ? found : this.rows.make(subjects[i], instrument);
    }
    this.rows.f64[rows[2] + ENGINE_ROW] = rows[0];
    this.rows.f64[rows[2] + ACCOUNT_ROW] = rows[1];
    this.resolve(instrument);
  }

  private resolve(instrument: number): void {
    const { rows } = this;
    const def = this.defs[instrument];
    if (def === undefined) return;
    for (let row = rows.firstOf(instrument); row !== 0; row = rows.f64[row + NEXT_ROW]) {
      resolveRow(rows, row, this.limits, def, this.terms[instrument]);
    }
    for (let row = rows.firstOf(instrument); row !== 0; row = rows.f64[row + NEXT_ROW]) {
      if (rows.f64[row + ENGINE_ROW] !== 0) this.vectors.resolve(rows, row);
    }
  }
}

/** Writes the limits in force into a row. */
function resolveRow(
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

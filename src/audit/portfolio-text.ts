/** Decodes the records of portfolio risk (RiskFigures, RiskRequest, RiskExposure) into fields with names. Off the hot path. */
import { RecordType, RISK_FIGURES, RISK_FIGURES_STATUS_TEXT } from '../core/record.ts';
import type { FieldSink } from './trading-text.ts';

interface Numbers {
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly at: number;
}

/** In the order of the record, as portfolio/live/portfolio-state.ts has them. */
const FIGURE_FIELDS: readonly string[] = [
  'var',
  'es',
  'stressLoss',
  'gross',
  'net',
  'sectorGross',
  'concentration',
  'delta',
  'gamma',
  'vega',
];

export function isPortfolioType(type: number): boolean {
  return type === RecordType.RiskFigures || type === RecordType.RiskRequest || type === RecordType.RiskExposure;
}

/** Adds the fields, in the order of the bytes. */
export function addPortfolio(sink: FieldSink, record: Numbers, type: number): void {
  const { u32, f64, at } = record;
  const word = at >> 3;
  if (type === RecordType.RiskFigures) {
    const status = u32[word * 2 + 7];
    sink.put('request', u32[word * 2 + 6]);
    sink.put('status', RISK_FIGURES_STATUS_TEXT[status] ?? `status ${status}`);
    sink.put('validAtSeq', f64[word + 4]);
    sink.time('asOf', f64[word + 5]);
    for (let k = 0; k < RISK_FIGURES; k++) put(sink, FIGURE_FIELDS[k], f64[word + 6 + k]);
    return;
  }
  if (type === RecordType.RiskRequest) {
    sink.put('request', u32[word * 2 + 6]);
    sink.time('asOf', f64[word + 5]);
  } else {
    put(sink, 'position', f64[word + 5]);
    put(sink, 'price', f64[word + 6]);
    put(sink, 'moneyPerPoint', f64[word + 7]);
  }
  sink.put('cause', f64[word + 4]);
}

/** JSON has no NaN: it stands as text. */
function put(sink: FieldSink, name: string, value: number): void {
  sink.put(name, Number.isFinite(value) ? Number(value.toPrecision(12)) : String(value));
}

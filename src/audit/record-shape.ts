/** How long a record of each type is: what a reader may expect before it trusts a checksum. */
import { EVENT_KIND_NAMES } from '../core/event.ts';
import {
  BBO_RECORD_BYTES,
  CLOCK_RECORD_BYTES,
  EXEC_REPORT_RECORD_BYTES,
  FILL_RECORD_BYTES,
  isMarketType,
  MARKET_RECORD_BYTES,
  MAX_RECORD_BYTES,
  ORDER_INTENT_RECORD_BYTES,
  ORDER_STATE_RECORD_BYTES,
  RECORD_HEADER_BYTES,
  RESCALE_RECORD_BYTES,
  RecordType,
  RISK_EXPOSURE_RECORD_BYTES,
  RISK_FIGURES_RECORD_BYTES,
  RISK_REQUEST_RECORD_BYTES,
  RISK_STATE_RECORD_BYTES,
  RISK_VERDICT_RECORD_BYTES,
  TIMER_RECORD_BYTES,
  VENUE_REPORT_RECORD_BYTES,
  VENUE_STATE_RECORD_BYTES,
} from '../core/record.ts';

/** Names of all record types, market events by their kind. */
export const RECORD_TYPE_NAMES: readonly string[] = (() => {
  const names = [...EVENT_KIND_NAMES];
  for (const [name, type] of Object.entries(RecordType)) {
    if (type !== RecordType.Pad) names[type] = name;
  }
  return names;
})();

export function recordTypeName(type: number): string {
  return RECORD_TYPE_NAMES[type] ?? `type ${type}`;
}

const VARIABLE = 1;

/** Exact length by type; 1 = variable; 0 = no such type. */
const LENGTHS: Uint16Array = (() => {
  const lengths = new Uint16Array(256);
  for (let type = 1; type < 256; type++) {
    if (isMarketType(type) && EVENT_KIND_NAMES[type] !== undefined) lengths[type] = MARKET_RECORD_BYTES;
  }
  lengths[RecordType.LogStart] = RECORD_HEADER_BYTES + 24;
  lengths[RecordType.Config] = VARIABLE;
  lengths[RecordType.Stop] = RECORD_HEADER_BYTES + 16;
  lengths[RecordType.Bbo] = BBO_RECORD_BYTES;
  lengths[RecordType.BookState] = RECORD_HEADER_BYTES + 8;
  lengths[RecordType.Checkpoint] = RECORD_HEADER_BYTES + 24;
  lengths[RecordType.End] = RECORD_HEADER_BYTES + 40;
  lengths[RecordType.Command] = VARIABLE;
  lengths[RecordType.VenueReport] = VENUE_REPORT_RECORD_BYTES;
  lengths[RecordType.VenueState] = VENUE_STATE_RECORD_BYTES;
  lengths[RecordType.VenueStanding] = VARIABLE;
  lengths[RecordType.Clock] = CLOCK_RECORD_BYTES;
  lengths[RecordType.OrderIntent] = ORDER_INTENT_RECORD_BYTES;
  lengths[RecordType.RiskVerdict] = RISK_VERDICT_RECORD_BYTES;
  lengths[RecordType.ExecReport] = EXEC_REPORT_RECORD_BYTES;
  lengths[RecordType.OrderState] = ORDER_STATE_RECORD_BYTES;
  lengths[RecordType.Fill] = FILL_RECORD_BYTES;
  lengths[RecordType.Timer] = TIMER_RECORD_BYTES;
  lengths[RecordType.StrategyState] = VARIABLE;
  lengths[RecordType.StrategyLog] = VARIABLE;
  lengths[RecordType.RiskState] = RISK_STATE_RECORD_BYTES;
  lengths[RecordType.Rescale] = RESCALE_RECORD_BYTES;
  lengths[RecordType.RiskFigures] = RISK_FIGURES_RECORD_BYTES;
  lengths[RecordType.RiskRequest] = RISK_REQUEST_RECORD_BYTES;
  lengths[RecordType.RiskExposure] = RISK_EXPOSURE_RECORD_BYTES;
  return lengths;
})();

export function isKnownType(type: number): boolean {
  return LENGTHS[type] !== 0;
}

export function isPlausibleLength(type: number, length: number): boolean {
  const expected = LENGTHS[type];
  if (expected === length) return true;
  return expected === VARIABLE && length > RECORD_HEADER_BYTES && length <= MAX_RECORD_BYTES && length % 8 === 0;
}

/** Decodes the records between the engine and live venues (VenueState, VenueStanding) into fields with names. Off the hot path. */
import { ORDER_SIDE_TEXT } from '../core/order.ts';
import { RecordType, VENUE_STANDING_TEXT } from '../core/record.ts';
import type { FieldSink } from './trading-text.ts';

interface RecordBytes {
  readonly u32: Uint32Array;
  readonly f64: Float64Array;
  readonly bytes: Uint8Array;
  readonly at: number;
}

const ASSET_UNITS = 1e8;

/** By VenueMessage, and the engine's own two (gateway/venue-message.ts, engine/trading/venue-input.ts). */
const KINDS: Readonly<Record<number, string>> = {
  2: 'standing',
  3: 'open order',
  4: 'position',
  5: 'balance',
  6: 'settled',
  7: 'unknown',
  64: 'order ring full',
  65: 'order ring has room',
};
const GATEWAY_STANDINGS: readonly string[] = ['down', 'reconciling', 'ready', 'failed'];

export function isVenueType(type: number): boolean {
  return type === RecordType.VenueState || type === RecordType.VenueStanding;
}

/** Adds the fields, in the order of the bytes. */
export function addVenue(sink: FieldSink, record: RecordBytes, type: number): void {
  if (type === RecordType.VenueState) addState(sink, record);
  else addStanding(sink, record);
}

function addState(sink: FieldSink, { u32, f64, bytes, at }: RecordBytes): void {
  const kind = bytes[at + 24];
  const word = (index: number): number => f64[(at >> 3) + 5 + index];
  sink.put('what', KINDS[kind] ?? `kind ${kind}`);
  sink.put('venue', bytes[at + 25]);
  if (kind === 2) {
    sink.put('standing', GATEWAY_STANDINGS[word(0)] ?? `standing ${word(0)}`);
    if (word(1) !== 0) sink.put('reason', word(1));
  } else if (kind === 3) {
    sink.put('instrument', sink.symbolOf(u32[(at >> 2) + 7]));
    sink.put('side', ORDER_SIDE_TEXT[word(0)] ?? `side ${word(0)}`);
    if (word(1) !== 0) sink.put('clOrdId', word(1));
    sink.put('venueOrderId', word(2));
    sink.put('priceTicks', word(3));
    sink.put('qtyLots', word(4));
    sink.put('cumQtyLots', word(5));
  } else if (kind === 4) {
    sink.put('instrument', sink.symbolOf(u32[(at >> 2) + 7]));
    sink.put('positionLots', word(0));
  } else if (kind === 5) {
    const name = bytes.slice(at + 40, at + 56);
    const end = name.indexOf(0);
    sink.put('asset', String.fromCharCode(...name.subarray(0, end < 0 ? name.length : end)));
    sink.put('free', word(2) / ASSET_UNITS);
    sink.put('locked', word(3) / ASSET_UNITS);
  } else if (kind === 6) {
    sink.put('number', word(0));
  } else if (kind === 7) {
    sink.put('clOrdId', word(0));
    if (word(1) !== 0) sink.put('reason', word(1));
  }
  sink.time('tsRecv', f64[(at >> 3) + 4]);
}

function addStanding(sink: FieldSink, { u32, f64, bytes, at }: RecordBytes): void {
  const standing = bytes[at + 26];
  sink.put('standing', VENUE_STANDING_TEXT[standing] ?? `standing ${standing}`);
  sink.put('venue', bytes[at + 27]);
  const end = Math.min(at + (u32[(at >> 2) + 1] & 0xffff), at + 48 + u32[(at >> 2) + 10]);
  sink.put('text', new TextDecoder().decode(bytes.slice(at + 48, end)));
  const cause = f64[(at + 32) >> 3];
  if (cause !== 0) sink.put('cause', cause);
}

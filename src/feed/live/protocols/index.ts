/** The venues that can be followed live, by name. A new one is a name in LIVE_VENUES, a line here, and a file beside this one. */
import type { LiveProtocol, LiveVenueName } from '../protocol.ts';
import { BINANCE, BINANCE_USDM } from './binance.ts';
import { BITFINEX } from './bitfinex.ts';
import { BYBIT } from './bybit.ts';
import { COINBASE, COINBASE_FULL } from './coinbase.ts';
import { KRAKEN } from './kraken.ts';
import { OKX } from './okx.ts';

const PROTOCOLS: Readonly<Record<LiveVenueName, LiveProtocol>> = {
  binance: BINANCE,
  'binance-usdm': BINANCE_USDM,
  coinbase: COINBASE,
  'coinbase-full': COINBASE_FULL,
  kraken: KRAKEN,
  okx: OKX,
  bybit: BYBIT,
  bitfinex: BITFINEX,
};

/** Null for a name that is none. */
export function protocolOf(name: string): LiveProtocol | null {
  return Object.entries(PROTOCOLS).find(([venue]) => venue === name)?.[1] ?? null;
}

/** Every wire protocol that the exchange speaks, by name. */
import { TapeheadError } from '../core/errors.ts';
import { makeBinanceOrders } from './binance/order-entry.ts';
import { BINANCE_TERMS, binanceKind } from './binance/venue.ts';
import { BYBIT_KIND } from './bybit/venue.ts';
import { COINBASE_KIND } from './coinbase/venue.ts';
import { KRAKEN_KIND } from './kraken/venue.ts';
import { OKX_KIND } from './okx/venue.ts';
import { PROTOCOL_NAMES, type ProtocolKind } from './protocol.ts';
import { recordedListings } from './recorded-terms.ts';
import { recordedProtocol } from './recording.ts';
import { type RecordingProgress, recordingKind } from './recording-venue.ts';

/** Those that PROTOCOL_NAMES names, in its order. */
export const KINDS: readonly ProtocolKind[] = [
  ...BINANCE_TERMS.map((terms) => binanceKind(terms, makeBinanceOrders)),
  COINBASE_KIND,
  KRAKEN_KIND,
  OKX_KIND,
  BYBIT_KIND,
];

/** Throws TapeheadError for a name that there is none of, or that comes twice. */
export function protocolKinds(names: readonly string[]): readonly ProtocolKind[] {
  return names.map((name, at) => {
    const kind = KINDS.find((one) => one.name === name);
    if (kind === undefined) {
      throw new TapeheadError('USAGE', `--protocol ${name}: not a protocol; there are ${PROTOCOL_NAMES.join(', ')}`);
    }
    if (names.indexOf(name) < at) throw new TapeheadError('USAGE', `--protocol ${name}: named twice`);
    return kind;
  });
}

/** The recording as a protocol. Throws TapeheadError where it is none that can be served. */
export async function playedKind(path: string, speed: number, progress: RecordingProgress): Promise<ProtocolKind> {
  const name = await recordedProtocol(path);
  const kind = KINDS.find((one) => one.name === name) ?? null;
  const terms = BINANCE_TERMS.find((one) => one.name === name);
  const listings = terms === undefined ? null : await recordedListings(path, terms.kind);
  return recordingKind(name, path, speed, kind, listings, progress);
}

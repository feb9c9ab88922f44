/** The decoders that are fuzzed against slow ones, by name. */
import { CoinbaseVenue } from '../../src/feed/text/coinbase.ts';
import { KrakenVenue } from '../../src/feed/text/kraken.ts';
import type { FuzzCase } from './decoder-fuzz.ts';
import {
  coinbaseAdvancedSession,
  coinbaseFullSession,
  coinbaseLevel2Session,
  krakenV1Session,
  krakenV2Session,
} from './fuzz-sessions.ts';
import { SlowCoinbase } from './slow-coinbase.ts';
import { SlowKraken } from './slow-kraken.ts';

const kraken = {
  fast: (market: ConstructorParameters<typeof KrakenVenue>[0]) => new KrakenVenue(market),
  slow: () => new SlowKraken(),
};
const coinbase = {
  fast: (market: ConstructorParameters<typeof CoinbaseVenue>[0]) => new CoinbaseVenue(market),
  slow: () => new SlowCoinbase(),
};

export const FUZZ_CASES: Readonly<Record<string, FuzzCase>> = {
  'Kraken v1': { session: krakenV1Session, ...kraken },
  'Kraken v2': { session: krakenV2Session, ...kraken },
  'Coinbase level2': { session: coinbaseLevel2Session, ...coinbase },
  'Coinbase full': { session: coinbaseFullSession, ...coinbase },
  'Coinbase Advanced': { session: coinbaseAdvancedSession, ...coinbase },
};

/** The decoders that are fuzzed frame by frame against a reference (frame-fuzz.ts). */
import { sessionBaseNs } from '../../src/core/time.ts';
import { BinanceVenue } from '../../src/feed/text/binance-venue.ts';
import { BitfinexVenue } from '../../src/feed/text/bitfinex.ts';
import { BybitVenue } from '../../src/feed/text/bybit.ts';
import { OkxVenue } from '../../src/feed/text/okx.ts';
import { CAPTURE_BASE } from './capture-script.ts';
import type { FuzzSubject } from './frame-fuzz.ts';
import { BinanceSource, BitfinexSource, BybitSource, OkxSource } from './frame-sources.ts';
import { ReferenceBinanceFrames } from './reference/binance.ts';
import { ReferenceBitfinexFrames } from './reference/bitfinex.ts';
import { ReferenceBybitFrames } from './reference/bybit.ts';
import { ReferenceOkxFrames } from './reference/okx.ts';

const BASE_NS = sessionBaseNs(CAPTURE_BASE);

export const FUZZ_SUBJECTS: Readonly<Record<string, FuzzSubject>> = {
  Binance: {
    symbol: 'BTCUSDT',
    makeVenue: (market) => new BinanceVenue(market),
    makeReference: () => new ReferenceBinanceFrames(['BTCUSDT'], BASE_NS),
    makeSource: (seed) => new BinanceSource(seed),
  },
  OKX: {
    symbol: 'BTC-USDT',
    makeVenue: (market) => new OkxVenue(market),
    makeReference: () => new ReferenceOkxFrames(['BTC-USDT'], BASE_NS),
    makeSource: (seed) => new OkxSource(seed),
  },
  Bybit: {
    symbol: 'BTCUSDT',
    makeVenue: (market) => new BybitVenue(market),
    makeReference: () => new ReferenceBybitFrames(['BTCUSDT'], BASE_NS),
    makeSource: (seed) => new BybitSource(seed),
  },
  Bitfinex: {
    symbol: 'tBTCUSD',
    makeVenue: (market) => new BitfinexVenue(market),
    makeReference: () => new ReferenceBitfinexFrames(['tBTCUSD'], BASE_NS),
    makeSource: (seed) => new BitfinexSource(seed),
  },
};

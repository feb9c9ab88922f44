/** The gateways of a live run whose orders go to venues: where they are, and the keys of the accounts. */
import type { RunIdentity } from '../config.ts';
import { TapeheadError } from '../core/errors.ts';
import type { GatewayStart } from '../engine/live/live-start.ts';
import type { LiveSource, LiveVenueSource } from '../feed/live/source.ts';
import type { BinanceSettings } from '../gateway/binance/gateway.ts';
import { findKey } from '../gateway/venue-key.ts';

export interface GatewayOptions {
  readonly keyFile?: string;
  readonly writeAhead: boolean;
}

const WORKER = new URL('../gateway/gateway-worker.js', import.meta.url).href;
/** USD-M cancels everything when the engine has not been heard of for so long. */
const DEAD_MAN_MS = 30_000;

/** Where order entry is, whole: with another address of the venue's streams, below that. */
const API = {
  binance: { api: 'wss://ws-api.binance.com:443/ws-api/v3', path: '/ws-api/v3' },
  'binance-usdm': { api: 'wss://ws-fapi.binance.com/ws-fapi/v1', path: '/ws-fapi/v1' },
} as const;

/** In the order of the run's venues. Throws USAGE where a venue takes no orders from here, or there is no key. */
export function gatewaysOf(
  options: GatewayOptions,
  source: LiveSource,
  { live, sessionMidnightNs }: RunIdentity,
  env: Readonly<Record<string, string | undefined>> = process.env,
): GatewayStart[] {
  const tag = live?.tag ?? '';
  return source.venues.map((venue, index) => {
    const binance = settingsOf(venue, index, tag, Number(BigInt(sessionMidnightNs) / 1_000_000n));
    const key = findKey('BINANCE', env, options.keyFile ?? null);
    if (key === null) {
      throw new TapeheadError(
        'USAGE',
        '--orders venue needs a key: set TAPEHEAD_BINANCE_KEY and TAPEHEAD_BINANCE_SECRET, or give --key-file',
      );
    }
    const writeAhead = options.writeAhead ? ('durable' as const) : ('none' as const);
    return { module: WORKER, data: { binance, key, writeAhead } };
  });
}

function settingsOf(venue: LiveVenueSource, index: number, tag: string, midnightMs: number): BinanceSettings {
  const { name, endpoints } = venue;
  if (name !== 'binance' && name !== 'binance-usdm') {
    throw new TapeheadError(
      'USAGE',
      `--orders venue: orders go to binance and binance-usdm only, not to ${name}; follow it in a run of its own, or use ` +
        '--orders paper',
    );
  }
  const market = name === 'binance' ? 'spot' : 'usdm';
  const own = endpoints === null;
  const rest = own ? (market === 'spot' ? 'https://api.binance.com' : 'https://fapi.binance.com') : endpoints.rest;
  const streams = own ? 'wss://fstream.binance.com' : endpoints.ws;
  const api = own ? API[name].api : `${endpoints.ws}${API[name].path}`;
  const deadManMs = market === 'usdm' ? DEAD_MAN_MS : 0;
  return { market, endpoints: { api, rest, streams }, tag, venue: index, midnightMs, deadManMs };
}

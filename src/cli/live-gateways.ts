/** The gateways of a live run whose orders go to venues: where they are, and the keys of the accounts. */
import type { RunIdentity } from '../config.ts';
import { TapeheadError } from '../core/errors.ts';
import type { GatewayStart } from '../engine/live/live-start.ts';
import type { LiveSource, LiveVenueSource } from '../feed/live/source.ts';
import type { BinanceSettings } from '../gateway/binance/gateway.ts';
import { BINANCE_ENDPOINTS, type BinanceEndpoints } from '../gateway/binance/session.ts';
import { findKey } from '../gateway/venue-key.ts';

export interface GatewayOptions {
  readonly keyFile?: string;
  readonly writeAhead: boolean;
}

const WORKER = new URL('../gateway/gateway-worker.js', import.meta.url).href;
/** USD-M cancels everything when the engine has not been heard of for so long. */
const DEAD_MAN_MS = 30_000;

/** Where order entry is below another address of the venue's. */
const API_PATH = { spot: '/ws-api/v3', usdm: '/ws-fapi/v1' } as const;

/** In the order of the run's venues. Throws USAGE where a venue takes no orders from here, or there is no key. */
export function gatewaysOf(
  options: GatewayOptions,
  source: LiveSource,
  { live, sessionMidnightNs }: RunIdentity,
  env: Readonly<Record<string, string | undefined>>,
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
  const places: BinanceEndpoints =
    endpoints === null
      ? BINANCE_ENDPOINTS[market]
      : { api: `${endpoints.ws}${API_PATH[market]}`, rest: endpoints.rest, streams: endpoints.ws };
  const deadManMs = market === 'usdm' ? DEAD_MAN_MS : 0;
  return { market, endpoints: places, tag, venue: index, midnightMs, deadManMs };
}

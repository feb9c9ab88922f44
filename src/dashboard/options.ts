/** How a dashboard is served. Plain data: it is handed to the dashboard's thread. */
import { isIP } from 'node:net';
import { TapeheadError } from '../core/errors.ts';
import { DEFAULT_HOST, isLoopback } from '../net/parts.ts';
import type { NetOptions, ServerLibrary } from '../net/server.ts';
import type { Rate } from './rate-limit.ts';
import { makeTokens, type Tokens } from './tokens.ts';

export interface DashboardLimits {
  /** Of a client's frames. */
  readonly frames: Rate;
  /** Of upgrades and requests of one address. */
  readonly connects: Rate;
  /** Of commands of one address. */
  readonly commands: Rate;
  readonly clients: number;
  readonly clientsOfAddress: number;
}

export const DEFAULT_LIMITS: DashboardLimits = {
  frames: { perSecond: 50, burst: 200 },
  connects: { perSecond: 50, burst: 300 },
  commands: { perSecond: 2, burst: 10 },
  clients: 2000,
  clientsOfAddress: 200,
};

export interface DashboardOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  readonly tls?: NonNullable<NetOptions['tls']>;
  /** Null: none are configured. They are made up then, on loopback only. */
  readonly tokens: Tokens | null;
  /** Origins other than the dashboard's own from which pages may connect: `https://desk.example`. */
  readonly origins?: readonly string[];
  readonly limits?: Partial<DashboardLimits>;
  readonly idleSeconds?: number;
  readonly library?: ServerLibrary;
}

/** As `DashboardOptions`, with nothing left open. */
export interface ServingOptions {
  readonly host: string;
  readonly port: number;
  readonly tls: NetOptions['tls'] | null;
  readonly tokens: Tokens;
  readonly areTokensMadeUp: boolean;
  readonly isOpenToLoopback: boolean;
  readonly origins: readonly string[];
  readonly limits: DashboardLimits;
  readonly idleSeconds: number;
  readonly library: ServerLibrary | null;
}

const DEFAULT_IDLE_SECONDS = 60;

/** Throws USAGE where it would be served to others without TLS or without tokens. */
export function servingOptions(options: DashboardOptions): ServingOptions {
  const host = options.host ?? DEFAULT_HOST;
  const isLocal = host === 'localhost' || (isIP(host) !== 0 && isLoopback(host));
  if (!isLocal && options.tls === undefined) {
    throw new TapeheadError(
      'USAGE',
      `the dashboard can't listen on ${host}: without TLS it is for this machine only; give it a certificate and a key, or use ${DEFAULT_HOST}`,
    );
  }
  if (!isLocal && options.tokens === null) {
    throw new TapeheadError(
      'USAGE',
      `the dashboard can't listen on ${host} without tokens: set TAPEHEAD_DASHBOARD_VIEW_TOKEN, _TRADE_TOKEN, _ADMIN_TOKEN or give a file of them`,
    );
  }
  for (const origin of options.origins ?? []) {
    if (!/^https?:\/\/[^/?#@\s]+$/.test(origin) || !URL.canParse(origin)) {
      throw new TapeheadError('USAGE', `${origin} is no origin; expected one such as https://desk.example:8443`);
    }
  }
  return {
    host,
    port: options.port,
    tls: options.tls ?? null,
    tokens: options.tokens ?? makeTokens(),
    areTokensMadeUp: options.tokens === null,
    isOpenToLoopback: options.tokens === null,
    origins: (options.origins ?? []).map((origin) => new URL(origin).origin), // as browsers state them
    limits: { ...DEFAULT_LIMITS, ...options.limits },
    idleSeconds: options.idleSeconds ?? DEFAULT_IDLE_SECONDS,
    library: options.library ?? null,
  };
}

/**
 * The configuration of a run, typed. Two halves: what determines the run (it goes into the log, in canonical JSON, and
 * with the recording fixes every byte of it), and how it is executed on this machine (which must not change a byte).
 */
import { canonical } from './config/canonical.ts';
import { type LiveIdentity, parseLive } from './config/live-identity.ts';
import { parseTrading, type TradingIdentity } from './config/trading-identity.ts';
import type { FormatName } from './feed/feed.ts';

/** What determines a run beside the recording. */
export interface RunIdentity {
  readonly format: FormatName;
  /** The session's midnight, ns since the Unix epoch, in decimal. */
  readonly sessionMidnightNs: string;
  /** Instruments to keep, as the venue names them, sorted; null = all. */
  readonly symbols: readonly string[] | null;
  readonly seed: number;
  /** Strategies, accounts, limits and venue; null in a run that only keeps books. */
  readonly trading: TradingIdentity | null;
  /** Of a live run only: its venues. */
  readonly live?: LiveIdentity;
}

/** How it is executed. */
export interface ExecutionOptions {
  readonly logDir: string;
  /** Folder that the paths of strategies are relative to. */
  readonly strategyDir: string;
  /** Recording time per wall time; Infinity = as fast as possible. */
  readonly speed: number;
  /** Worker threads: 3 = feed, engine, audit; 2 = engine alone, feed with audit; 1 = all in one. */
  readonly threads: 1 | 2 | 3;
  /** Pin worker threads to cores where the operating system allows. */
  readonly pin: boolean;
  /** fdatasync at each commit. */
  readonly sync: boolean;
  /** One event in so many is traced through every stage (core/trace.ts); 0: none. Default: DEFAULT_STAMPS. */
  readonly stamps?: number;
}

/** Equal identities, equal bytes. No `trading` where there is none. */
export function canonicalJson(identity: RunIdentity): string {
  const { trading, ...spine } = identity;
  return canonical(trading === null ? spine : { ...spine, trading });
}

/** The inverse. Throws an Error that says what is wrong; a key that is not known is wrong. */
export function parseIdentity(json: string): RunIdentity {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) throw new Error('the configuration is not an object');
  const { format, seed, sessionMidnightNs, symbols, trading, live, ...unknown } = value as Record<string, unknown>;
  const [key] = Object.keys(unknown);
  if (key !== undefined) throw new Error(`the configuration has an unknown key, ${key}`);
  if (typeof format !== 'string') throw new Error('the configuration lacks format');
  if (typeof seed !== 'number' || !Number.isSafeInteger(seed)) throw new Error('the configuration lacks a whole seed');
  if (typeof sessionMidnightNs !== 'string' || !/^-?\d{1,19}$/.test(sessionMidnightNs)) {
    throw new Error('the configuration lacks sessionMidnightNs, a decimal number of ns');
  }
  const areNames = Array.isArray(symbols) && symbols.every((symbol) => typeof symbol === 'string');
  if (symbols !== null && !areNames) throw new Error('the configuration has symbols that are not a list of names');
  return {
    format: format as FormatName,
    seed,
    sessionMidnightNs,
    symbols: symbols as string[] | null,
    trading: trading == null ? null : parseTrading(trading),
    ...(live === undefined ? {} : { live: parseLive(live) }),
  };
}

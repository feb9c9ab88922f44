/**
 * The configuration of a run, typed. Two halves: what determines the run (it goes into the log, in canonical JSON, and
 * with the recording fixes every byte of it), and how it is executed on this machine (which must not change a byte).
 */
import type { FormatName } from './feed/feed.ts';

/** What determines a run beside the recording. */
export interface RunIdentity {
  readonly format: FormatName;
  /** The session's midnight, ns since the Unix epoch, in decimal. */
  readonly sessionMidnightNs: string;
  /** Instruments to keep, as the venue names them, sorted; null = all. */
  readonly symbols: readonly string[] | null;
  readonly seed: number;
}

/** How it is executed. */
export interface ExecutionOptions {
  readonly logDir: string;
  /** Recording time per wall time; Infinity = as fast as possible. */
  readonly speed: number;
  /** Worker threads: 3 = feed, engine, audit; 2 = engine alone, feed with audit; 1 = all in one. */
  readonly threads: 1 | 2 | 3;
  /** Pin worker threads to cores where the operating system allows. */
  readonly pin: boolean;
  /** fdatasync at each commit. */
  readonly sync: boolean;
}

/** Keys in alphabetical order, no spaces: equal identities give equal bytes. */
export function canonicalJson(identity: RunIdentity): string {
  return JSON.stringify({
    format: identity.format,
    seed: identity.seed,
    sessionMidnightNs: identity.sessionMidnightNs,
    symbols: identity.symbols,
  });
}

export function parseIdentity(json: string): RunIdentity {
  const value: unknown = JSON.parse(json);
  if (typeof value !== 'object' || value === null) throw new Error('the configuration is not an object');
  const { format, seed, sessionMidnightNs, symbols } = value as Record<string, unknown>;
  if (typeof format !== 'string' || typeof seed !== 'number' || typeof sessionMidnightNs !== 'string') {
    throw new Error('the configuration lacks format, seed or sessionMidnightNs');
  }
  return {
    format: format as FormatName,
    seed,
    sessionMidnightNs,
    symbols: Array.isArray(symbols) ? symbols.map(String) : null,
  };
}

/**
 * Time. In memory: a `number` of ns since the session's midnight (exact for 104 days). On disk: ns since the Unix epoch
 * as 64-bit integers. The session's midnight is fixed once per log: UTC midnight of the first receipt where the
 * recording has dates, the exchange's own midnight where it counts from there (ITCH, LOBSTER), and 0 where the day is
 * not known.
 */
const TWO_32 = 4294967296;

/** The session's midnight, ns since the Unix epoch, split so that the engine thread needs no BigInt. */
export interface SessionBase {
  readonly hi: number;
  readonly lo: number;
}

export function sessionBase(epochNs: bigint): SessionBase {
  return { hi: Number(epochNs >> 32n), lo: Number(epochNs & 0xffffffffn) };
}

export function sessionBaseNs(base: SessionBase): bigint {
  return (BigInt(base.hi) << 32n) + BigInt(base.lo);
}

/** Writes session ns as epoch ns (little-endian 64 bit) into two words of a Uint32Array. */
export function putEpochNs(u32: Uint32Array, index: number, ns: number, base: SessionBase): void {
  const high = Math.floor(ns / TWO_32);
  const lo = ns - high * TWO_32 + base.lo;
  const carry = lo >= TWO_32 ? 1 : 0;
  u32[index] = lo - carry * TWO_32;
  u32[index + 1] = high + base.hi + carry;
}

/** As `putEpochNs`, of `from[at]`: a number that stays in its memory costs no allocation where the call is not inlined. */
export function copyEpochNs(u32: Uint32Array, index: number, from: Float64Array, at: number, base: SessionBase): void {
  const ns = from[at];
  const high = Math.floor(ns / TWO_32);
  const lo = ns - high * TWO_32 + base.lo;
  const carry = lo >= TWO_32 ? 1 : 0;
  u32[index] = lo - carry * TWO_32;
  u32[index + 1] = high + base.hi + carry;
}

/** Beyond it differences of times may not be exact. */
const EXACT_NS = 2 ** 52;

/**
 * Writes many times that are near one another as epoch ns: the upper word changes every 4.3 s only, so that it is kept,
 * with the session time at which it began. The same words as `copyEpochNs` for any time, without its division.
 */
export class EpochWriter {
  private readonly base: SessionBase;
  /** Session ns at which the upper word became `high`. */
  private readonly startNs = new Float64Array(1);
  private high = 0;

  constructor(base: SessionBase) {
    this.base = base;
    this.startNs[0] = Number.POSITIVE_INFINITY; // nothing kept yet
  }

  /** Writes `from[at]` into two words of `u32`. */
  copy(u32: Uint32Array, index: number, from: Float64Array, at: number): void {
    const sinceNs = from[at] - this.startNs[0];
    if (sinceNs >= 0 && sinceNs < TWO_32) {
      u32[index] = sinceNs;
      u32[index + 1] = this.high;
    } else {
      this.move(u32, index, from, at);
    }
  }

  private move(u32: Uint32Array, index: number, from: Float64Array, at: number): void {
    copyEpochNs(u32, index, from, at, this.base);
    const ns = Math.floor(from[at]);
    if (!(Math.abs(ns) < EXACT_NS)) return;
    this.startNs[0] = ns - u32[index];
    this.high = u32[index + 1] | 0;
  }
}

/** The inverse: session ns from two words of epoch ns. Exact while the distance to the base is below 2^53. */
export function getSessionNs(u32: Uint32Array, index: number, base: SessionBase): number {
  return (u32[index + 1] - base.hi) * TWO_32 + (u32[index] - base.lo);
}

export function epochNs(ns: number, base: SessionBase): bigint {
  return BigInt(ns) + sessionBaseNs(base);
}

/** UTC midnight (epoch ns) of the day that holds `epoch`. */
export function utcMidnight(epoch: bigint): bigint {
  const day = 86_400_000_000_000n;
  return (epoch / day) * day;
}

/** `HH:MM:SS.nnnnnnnnn` of session ns; hours go past 23 in a session that crosses midnight. */
export function formatSessionTime(ns: number): string {
  const sign = ns < 0 ? '-' : '';
  const abs = Math.abs(ns);
  const seconds = Math.floor(abs / 1e9);
  const two = (n: number) => String(n).padStart(2, '0');
  const frac = String(abs - seconds * 1e9).padStart(9, '0');
  return `${sign}${two(Math.floor(seconds / 3600))}:${two(Math.floor(seconds / 60) % 60)}:${two(seconds % 60)}.${frac}`;
}

/** ISO 8601 with nine decimals, UTC. */
export function formatEpochNs(epoch: bigint): string {
  const ms = Number(epoch / 1_000_000n);
  const rest = Number(epoch % 1_000_000n);
  return `${new Date(ms).toISOString().slice(0, 23)}${String(rest).padStart(6, '0')}Z`;
}

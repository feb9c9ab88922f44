/**
 * Positions from their words: everything computed again from the list of fills, in BigInt. Units: lots, ticks, and whole
 * units of the instrument's money (one tick times one lot).
 */
export interface NaiveFill {
  readonly strategy: number;
  readonly account: number;
  readonly instrument: number;
  /** Signed: bought positive. */
  qty: bigint;
  px: bigint;
  fee: bigint;
  readonly execId: number;
}

export interface NaivePosition {
  qty: bigint;
  cash: bigint;
  /** Average cost of what is open, signed. */
  cost: bigint;
  fifo: bigint;
  fees: bigint;
}

const abs = (n: bigint): bigint => (n < 0n ? -n : n);
const min = (a: bigint, b: bigint): bigint => (a < b ? a : b);

/** n / d to the nearest, halves away from 0; d > 0. */
function rounded(n: bigint, d: bigint): bigint {
  const size = (2n * abs(n) + d) / (2n * d);
  return n < 0n ? -size : size;
}

export function floorDivision(n: bigint, d: bigint): bigint {
  return n >= 0n || n % d === 0n ? n / d : n / d - 1n;
}

export function ceilDivision(n: bigint, d: bigint): bigint {
  return -floorDivision(-n, d);
}

export function positionOf(fills: readonly NaiveFill[]): NaivePosition {
  const position: NaivePosition = { qty: 0n, cash: 0n, cost: 0n, fifo: 0n, fees: 0n };
  let queue: { qty: bigint; px: bigint }[] = [];
  for (const { qty, px, fee } of fills) {
    position.cash -= qty * px;
    position.fees += fee;
    const isClosing = position.qty * qty < 0n;
    const closes = isClosing ? min(abs(qty), abs(position.qty)) : 0n;
    if (closes > 0n) {
      position.cost -= rounded(position.cost * closes, abs(position.qty));
      let left = closes;
      while (left > 0n) {
        const taken = min(left, queue[0].qty);
        queue[0].qty -= taken;
        left -= taken;
        if (queue[0].qty === 0n) queue = queue.slice(1);
      }
    }
    const opens = abs(qty) - closes;
    if (opens > 0n) {
      position.cost += (qty > 0n ? opens : -opens) * px;
      queue.push({ qty: opens, px });
    }
    position.qty += qty;
  }
  const sign = position.qty < 0n ? -1n : 1n;
  for (const { qty, px } of queue) position.fifo += sign * qty * px;
  return position;
}

/** An instrument's money in a currency: units x above / below = micro-units, as a fraction. */
export interface NaiveRate {
  readonly above: bigint;
  readonly below: bigint;
}

/** A decimal text as a fraction. */
export function fraction(text: string): NaiveRate {
  const [whole, part = ''] = text.split('.');
  return { above: BigInt(whole + part), below: 10n ** BigInt(part.length) };
}

/** multiplier x from / to x 10^6 / 10^decimals; rates in the base currency. */
export function rateOf(multiplier: string, from: string, to: string, decimals: number): NaiveRate {
  const [m, f, t] = [fraction(multiplier), fraction(from), fraction(to)];
  return {
    above: m.above * f.above * t.below * 1_000_000n,
    below: m.below * f.below * t.above * 10n ** BigInt(decimals),
  };
}

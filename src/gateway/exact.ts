/** Quantities of orders as whole numbers of 1e-12, for sums that must not round. Off the hot path, so BigInt is fine. */
import { TapeheadError } from '../core/errors.ts';

const DECIMALS = 12;
const DECIMAL = /^(\d+)(?:\.(\d+))?$/;

/** Throws TapeheadError where it is no decimal without a sign, of at most 12 decimals. */
export function exact(text: string): bigint {
  const match = DECIMAL.exec(text);
  const fraction = (match?.[2] ?? '').replace(/0+$/, '');
  if (match === null || fraction.length > DECIMALS) {
    throw new TapeheadError('FORMAT', `the venue sent '${text}' where a quantity belongs`);
  }
  return BigInt(match[1] + fraction.padEnd(DECIMALS, '0'));
}

/** The shortest decimal text; what is below zero becomes 0. */
export function exactText(value: bigint): string {
  if (value <= 0n) return '0';
  const digits = value.toString().padStart(DECIMALS + 1, '0');
  return `${digits.slice(0, -DECIMALS)}.${digits.slice(-DECIMALS)}`.replace(/\.?0+$/, '');
}

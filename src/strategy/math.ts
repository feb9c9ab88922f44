/** What `ctx.math` is, and the constants that signals need: the same in the last bit on every machine. */
import { exp, expInPlace, ln, pow } from '../core/det-math.ts';
import type { DeterministicMath } from './api.ts';

export { expInPlace };

/** A constant, unlike what Math computes. */
export const LN2 = Math.LN2;

export const DETERMINISTIC_MATH: DeterministicMath = Object.freeze({
  exp: (x: number) => exp(x),
  ln: (x: number) => ln(x),
  pow: (x: number, y: number) => pow(x, y),
});

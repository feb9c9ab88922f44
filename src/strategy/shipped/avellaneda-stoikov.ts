/**
 * Optimal quotes of a dealer with inventory risk.
 *
 * Avellaneda, Stoikov (2008), "High-frequency trading in a limit order book", Quantitative Finance 8(3):
 *   reservation price  r = s - q gamma sigma^2 (T - t)
 *   spread             d_a + d_b = gamma sigma^2 (T - t) + (2 / gamma) ln(1 + gamma / kappa)
 * with quotes at r -+ half the spread.
 *
 * Gueant, Lehalle, Fernandez-Tapia (2013), "Dealing with the inventory risk", Mathematics and Financial Economics 7(4)
 * (asymptotics far from the end, in closed form):
 *   d_b(q) = (1 / gamma) ln(1 + gamma / kappa) + (2 q + 1) / 2 x c
 *   d_a(q) = (1 / gamma) ln(1 + gamma / kappa) - (2 q - 1) / 2 x c
 *   c = sqrt(sigma^2 gamma / (2 kappa A) x (1 + gamma / kappa)^(1 + kappa / gamma))
 *
 * s mid, q inventory in quotes (long positive), sigma currency per square root of a second, gamma 1 / (currency x
 * quote), orders reach a quote d away from the mid A exp(-kappa d) times a second (kappa in 1 / currency).
 */
import type { DeterministicMath } from '../api.ts';

export interface QuoteInputs {
  mid: number;
  inventory: number;
  gamma: number;
  sigma: number;
  kappa: number;
}

/** Where to quote; one object, written over and over. */
export interface Quotes {
  bid: number;
  ask: number;
}

/** ln(1 + x) for x > 0, exact for small x too. */
function ln1p(math: DeterministicMath, x: number): number {
  return x < 1e-5 ? x * (1 - x * (1 / 2 - x / 3)) : math.ln(1 + x);
}

/** Avellaneda-Stoikov with `secondsLeft` = T - t. */
export function finiteHorizonQuotes(
  math: DeterministicMath,
  inputs: QuoteInputs,
  secondsLeft: number,
  quotes: Quotes,
): void {
  const { mid, inventory, gamma, sigma, kappa } = inputs;
  const risk = gamma * sigma * sigma * secondsLeft;
  const reservation = mid - inventory * risk;
  const half = risk / 2 + ln1p(math, gamma / kappa) / gamma;
  quotes.bid = reservation - half;
  quotes.ask = reservation + half;
}

/** Gueant-Lehalle-Fernandez-Tapia; `intensity` = A, orders per second and side. */
export function stationaryQuotes(
  math: DeterministicMath,
  inputs: QuoteInputs,
  intensity: number,
  quotes: Quotes,
): void {
  const { mid, inventory, gamma, sigma, kappa } = inputs;
  const logTerm = ln1p(math, gamma / kappa);
  const power = math.exp((1 + kappa / gamma) * logTerm);
  const slope = sigma * Math.sqrt((gamma / (2 * kappa * intensity)) * power);
  quotes.bid = mid - (logTerm / gamma + ((2 * inventory + 1) / 2) * slope);
  quotes.ask = mid + (logTerm / gamma - ((2 * inventory - 1) / 2) * slope);
}

/**
 * Reverse stress: the smallest shock in a given direction that costs more than a limit (Basel Committee, Stress testing
 * principles, 2018; the search is along a ray, because "the smallest of all shocks" needs a measure of their likelihood).
 *
 * Losses need not rise with the size of a shock: a short straddle gains before it loses. So the ray is first walked in even
 * steps to find the first that breaks the limit, and the point between it and the step before is then found by bisection.
 */
import { type Holding, profitOf, type Shock } from '../derivatives/holding.ts';

export interface ReverseStress {
  /** Multiple of the direction at which the loss reaches the limit; null where none up to `maxSize` does. */
  readonly size: number | null;
  readonly loss: number;
}

const STEPS = 2000;
const BISECTIONS = 60;

/** What breaks a limit in two directions: sizes of a parallel fall and rise. O(steps x holdings). */
export function reverseStress(
  holdings: readonly Holding[],
  direction: Shock,
  limit: number,
  maxSize: number,
  nowNs: number,
): ReverseStress {
  const scaled: Shock = { moves: new Float64Array(direction.moves.length), moreVolatility: 0 };
  const lossAt = (size: number): number => {
    for (let row = 0; row < scaled.moves.length; row++) scaled.moves[row] = direction.moves[row] * size;
    const shock = { moves: scaled.moves, moreVolatility: direction.moreVolatility * size };
    let loss = 0;
    for (const holding of holdings) loss -= profitOf(holding, shock, nowNs, 'full');
    return loss;
  };
  let largest = Number.NEGATIVE_INFINITY;
  for (let step = 1; step <= STEPS; step++) {
    const size = (maxSize * step) / STEPS;
    const loss = lossAt(size);
    if (loss > limit) return bisect(lossAt, limit, (maxSize * (step - 1)) / STEPS, size);
    largest = Math.max(largest, loss);
  }
  return { size: null, loss: largest };
}

function bisect(lossAt: (size: number) => number, limit: number, low: number, high: number): ReverseStress {
  let [below, above] = [low, high];
  for (let i = 0; i < BISECTIONS && above - below > 1e-14 * above; i++) {
    const middle = (below + above) / 2;
    if (lossAt(middle) > limit) above = middle;
    else below = middle;
  }
  return { size: above, loss: lossAt(above) };
}

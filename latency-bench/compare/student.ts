/** Student's t distribution, for intervals of few runs. */

/** Intervals of Simpson's rule over a quarter of a turn: the integrand is a smooth power of a cosine. */
const STEPS = 100;

/**
 * The value that t exceeds with probability `tail` (0 < tail < 0.5), for `freedom` >= 1 degrees, which need not be whole.
 * With t = sqrt(freedom) tan(angle) the density becomes cos(angle)^(freedom - 1), on an interval that ends.
 */
export function studentQuantile(tail: number, freedom: number): number {
  const half = integral(0, freedom);
  let low = 0;
  let high = Math.PI / 2;
  for (let i = 0; i < 40; i++) {
    const middle = (low + high) / 2;
    if (integral(middle, freedom) / (2 * half) > tail) low = middle;
    else high = middle;
  }
  return Math.sqrt(freedom) * Math.tan((low + high) / 2);
}

/** Of cos^(freedom - 1), from an angle to a right angle. */
function integral(from: number, freedom: number): number {
  const step = (Math.PI / 2 - from) / STEPS;
  let sum = 0;
  for (let i = 0; i <= STEPS; i++) {
    const weight = i === 0 || i === STEPS ? 1 : i % 2 === 1 ? 4 : 2;
    // Behind the last step the cosine may come out a little below 0.
    sum += weight * Math.max(0, Math.cos(from + i * step)) ** (freedom - 1);
  }
  return (sum * step) / 3;
}

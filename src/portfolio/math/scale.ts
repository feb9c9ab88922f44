/** Scaling by powers of two, which costs no bit, so that squares of very large or small numbers stay in range. */

/** The largest absolute value; NaN where one is NaN. */
export function maxAbs(values: Float64Array): number {
  let max = 0;
  for (let i = 0; i < values.length; i++) {
    const size = Math.abs(values[i]);
    if (!(size <= max)) max = size;
    if (Number.isNaN(size)) return size;
  }
  return max;
}

/** The power of two at or below `size` within a factor of two; 1 for 0. Clamped so that its inverse is finite too. */
export function powerOfTwoBelow(size: number): number {
  if (!(size > 0)) return 1;
  let power = 1;
  while (power > size && power > 2 ** -1000) power /= 2;
  while (power <= size / 2 && power < 2 ** 1000) power *= 2;
  return power;
}

/** Typed arrays that are indexed by what there may be more of: instruments, orders, levels. They grow off the hot path. */

type Column = Float64Array | Int32Array | Uint32Array | Uint16Array | Uint8Array;

/**
 * A copy at least twice as long, and `length` long at least: what grows by one at a time is copied O(1) times an element.
 * New places hold `fill`.
 */
export function widened<T extends Column>(old: T, length = 0, fill = 0): T {
  const ofItsKind = old.constructor as new (length: number) => T;
  const larger = new ofItsKind(Math.max(length, old.length * 2));
  if (fill !== 0) larger.fill(fill, old.length);
  larger.set(old);
  return larger;
}

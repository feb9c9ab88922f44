/**
 * How a thread waits for another one's cursor. Spinning is only for a thread that has a core to itself; with more
 * threads than cores a third spinner costs milliseconds (performance.md), so the default is to spin briefly, then park.
 */
export const WaitStrategy = { Spin: 0, SpinThenPark: 1, Park: 2 } as const;
export type WaitStrategy = (typeof WaitStrategy)[keyof typeof WaitStrategy];

/** Iterations of the spin phase before parking: about 10 us on the machine of 2026-11, a few cache misses long. */
const SPIN_LIMIT = 2_000;
/** A parked thread looks again after this long, so that a peer that died without a notify can't hold it for ever. */
const PARK_TIMEOUT_MS = 20;

/**
 * Waits until `cells[index]` differs from `seen`, or a park timed out; returns true when it changed. The waiter says in
 * `cells[waiterIndex]` that it is parked; the thread that moves the cursor pairs with it in `wake`.
 */
export function waitForChange(
  cells: Int32Array,
  index: number,
  seen: number,
  waiterIndex: number,
  strategy: WaitStrategy,
): boolean {
  if (strategy !== WaitStrategy.Park) {
    const limit = strategy === WaitStrategy.Spin ? SPIN_LIMIT * 64 : SPIN_LIMIT;
    for (let i = 0; i < limit; i++) {
      if (Atomics.load(cells, index) !== seen) return true;
    }
    if (strategy === WaitStrategy.Spin) return false;
  }
  // Announce first, then wait on the value seen: if the peer moves in between, `wait` returns at once ("not-equal").
  Atomics.store(cells, waiterIndex, 1);
  Atomics.wait(cells, index, seen, PARK_TIMEOUT_MS);
  Atomics.store(cells, waiterIndex, 0);
  return Atomics.load(cells, index) !== seen;
}

/** Called after the cursor at `index` moved. Costs one load when nobody is parked. */
export function wake(cells: Int32Array, index: number, waiterIndex: number): void {
  if (Atomics.load(cells, waiterIndex) !== 0) Atomics.notify(cells, index);
}

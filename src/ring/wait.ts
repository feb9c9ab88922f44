/**
 * How a thread waits for another one's cursor. Spinning is only for a thread that has a core to itself; with more
 * threads than cores a third spinner costs milliseconds (measured 2026-11 on two cores), so the default is to spin briefly, then park.
 *
 * No wake-up is lost. The waiter stores 1 in its parking cell and THEN looks again at what it waits for; the peer changes
 * that and THEN looks at the parking cell. These four accesses are sequentially consistent, so at least one side sees
 * the other. The parking cell itself is what `Atomics.wait` sleeps on: a waker clears it before it notifies, so that a
 * waiter that is not asleep yet does not fall asleep, and later wakers need no system call.
 */
import { Incident, thisThread } from '../core/machine-log.ts';

export const WaitStrategy = { Spin: 0, SpinThenPark: 1, Park: 2 } as const;
export type WaitStrategy = (typeof WaitStrategy)[keyof typeof WaitStrategy];

/** Iterations of the spin phase before parking: about 10 us on the machine of 2026-11, a few cache misses long. */
const SPIN_LIMIT = 2_000;
/** A spinner comes back to its caller after so many iterations, without having parked. */
const SPIN_ONLY_LIMIT = SPIN_LIMIT * 64;
/** A parked thread looks again after this long: a peer may be killed between moving its cursor and waking us. */
export const PARK_TIMEOUT_MS = 20;

/**
 * Waits until `cells[index]` differs from `seen` or `cells[flag]` is not 0 (closed, gone), at most for one spin phase or
 * one park time-out; may also return for no reason. True when `cells[index]` changed. `cells[parked]` is the waiter's
 * parking cell; whoever changes the other two calls `wake` with it.
 */
export function waitForChange(
  cells: Int32Array,
  index: number,
  seen: number,
  flag: number,
  parked: number,
  strategy: WaitStrategy,
  timeoutMs = PARK_TIMEOUT_MS,
): boolean {
  if (strategy !== WaitStrategy.Park) {
    const limit = strategy === WaitStrategy.Spin ? SPIN_ONLY_LIMIT : SPIN_LIMIT;
    for (let i = 0; i < limit; i++) {
      if (Atomics.load(cells, index) !== seen) return true;
      if (Atomics.load(cells, flag) !== 0) return false;
    }
    if (strategy === WaitStrategy.Spin) return false;
  }
  Atomics.store(cells, parked, 1); // before the second look: pairs with the load in `wake`
  if (Atomics.load(cells, index) === seen && Atomics.load(cells, flag) === 0) {
    thisThread.begin(Incident.Park);
    Atomics.wait(cells, parked, 1, timeoutMs);
    thisThread.end(Incident.Park);
  }
  Atomics.store(cells, parked, 0);
  return Atomics.load(cells, index) !== seen;
}

/** Called after a cursor moved or a flag was set, for the thread that may wait for it. One load when nobody is parked. */
export function wake(cells: Int32Array, parked: number): void {
  if (Atomics.load(cells, parked) === 0) return;
  Atomics.store(cells, parked, 0);
  Atomics.notify(cells, parked);
}

/** `Atomics.waitAsync` (Node 16 and later; TypeScript's ES2023 library does not know it). */
const { waitAsync } = Atomics as unknown as {
  waitAsync(cells: Int32Array, index: number, value: number, timeoutMs: number): { value: Promise<unknown> | string };
};

/**
 * As `waitForChange`, for a thread that has an event loop to run meanwhile: null when there is nothing to wait for, else a
 * promise that resolves within some 30 us of the wake-up (2026-11-23), or after the time-out. The same parking cell, so
 * that the peer's `wake` needs to know nothing of it.
 */
export function waitForChangeAsync(
  cells: Int32Array,
  index: number,
  seen: number,
  flag: number,
  parked: number,
): Promise<unknown> | null {
  Atomics.store(cells, parked, 1); // before the second look: pairs with the load in `wake`
  if (Atomics.load(cells, index) === seen && Atomics.load(cells, flag) === 0) {
    const { value } = waitAsync(cells, parked, 1, PARK_TIMEOUT_MS);
    if (value instanceof Promise) return value;
  }
  Atomics.store(cells, parked, 0);
  return null;
}

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { WaitStrategy, waitForChange, wake } from '../../src/ring/wait.ts';

const CURSOR = 0;
const FLAG = 1;
const PARKED = 2;

/**
 * Runs a waiter (its loop: until the change is seen) while a peer makes its three steps, the change, the look at the
 * parking cell, and the notification, each just before a given step of the waiter. True when the waiter came out; false
 * when it sleeps and nobody is left to wake it.
 */
function interleave(strategy: WaitStrategy, changed: number, at: readonly [number, number, number]): boolean {
  const original = { load: Atomics.load, store: Atomics.store, wait: Atomics.wait, notify: Atomics.notify };
  const cells = new Int32Array(new SharedArrayBuffer(12));
  let step = 0;
  let peer = 0;
  let sawParked = false;
  let notified = false;
  const peerStep = () => {
    if (peer === 0) original.store(cells, changed, 1);
    else if (peer === 1) sawParked = original.load(cells, PARKED) !== 0;
    else if (sawParked) {
      original.store(cells, PARKED, 0);
      notified = true;
    }
    peer++;
  };
  const waiterStep = () => {
    while (peer < 3 && at[peer] <= step) peerStep();
    step++;
  };
  Atomics.load = ((array: Int32Array, index: number) => {
    waiterStep();
    return original.load(array, index);
  }) as typeof Atomics.load;
  Atomics.store = ((array: Int32Array, index: number, value: number) => {
    waiterStep();
    return original.store(array, index, value);
  }) as typeof Atomics.store;
  Atomics.wait = ((array: Int32Array, index: number, value: number) => {
    waiterStep();
    if (original.load(array, index) !== value) return 'not-equal';
    notified = false;
    while (peer < 3) peerStep();
    if (!notified) throw new Error('asleep');
    return 'ok';
  }) as typeof Atomics.wait;
  try {
    for (let turns = 0; turns < 10; turns++) {
      if (original.load(cells, CURSOR) !== 0 || original.load(cells, FLAG) !== 0) return true;
      waitForChange(cells, CURSOR, 0, FLAG, PARKED, strategy);
    }
    return true;
  } catch (error) {
    if (error instanceof Error && error.message === 'asleep') return false;
    throw error;
  } finally {
    Object.assign(Atomics, original);
  }
}

for (const [name, changed] of [
  ['cursor', CURSOR],
  ['flag', FLAG],
] as const) {
  test(`a waiter never sleeps through a change of the ${name}, in every interleaving with the peer that makes it`, () => {
    let runs = 0;
    for (let change = 0; change < 12; change++) {
      for (let look = change; look < 12; look++) {
        for (let notify = look; notify < 12; notify++) {
          runs++;
          const came = interleave(WaitStrategy.Park, changed, [change, look, notify]);
          assert.ok(came, `asleep for ever: change, look, notify before steps ${change}, ${look}, ${notify}`);
        }
      }
    }
    assert.ok(runs > 300);
    // Spinning first only moves the same steps; at its end it parks the same way.
    assert.ok(interleave(WaitStrategy.SpinThenPark, changed, [4002, 4002, 4003]));
  });
}

test('a waiter does not park when the change or the flag came before', () => {
  const cells = new Int32Array(new SharedArrayBuffer(12));
  const wait = Atomics.wait;
  Atomics.wait = (() => assert.fail('parked')) as unknown as typeof Atomics.wait;
  try {
    for (const strategy of [WaitStrategy.Spin, WaitStrategy.SpinThenPark, WaitStrategy.Park]) {
      cells[CURSOR] = 7;
      assert.equal(waitForChange(cells, CURSOR, 6, FLAG, PARKED, strategy), true);
      cells[FLAG] = 1;
      assert.equal(waitForChange(cells, CURSOR, 7, FLAG, PARKED, strategy), false);
      cells[FLAG] = 0;
      assert.equal(cells[PARKED], 0);
    }
    // A spinner comes back without having parked.
    assert.equal(waitForChange(cells, CURSOR, 7, FLAG, PARKED, WaitStrategy.Spin), false);
  } finally {
    Atomics.wait = wait;
  }
});

test('a wake-up notifies only where somebody is parked, and once', () => {
  const cells = new Int32Array(new SharedArrayBuffer(12));
  const notify = Atomics.notify;
  let notified = 0;
  Atomics.notify = (() => ++notified) as unknown as typeof Atomics.notify;
  try {
    wake(cells, PARKED);
    cells[PARKED] = 1;
    wake(cells, PARKED);
    wake(cells, PARKED);
  } finally {
    Atomics.notify = notify;
  }
  assert.equal(notified, 1);
});

/** Faults of lines and connections, in made-up time, and what a live feed says of books after a loss. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventKind, StaleReason } from '../../../src/core/event.ts';
import { ItchIntake } from '../../../src/feed/live/itch/intake.ts';
import { SessionClock } from '../../../src/feed/live/itch/session-clock.ts';
import { itch } from '../naive-itch.ts';
import { FILE_HASH, KINDS, MESSAGES, overCuts, publish } from './itch-faulty-runs.ts';
import { LiveBooks, messagesOf } from './itch-support.ts';

/** Of each kind; together a few seconds. `npm run test:long` runs a thousand of each. */
const SEEDS = 25;

for (const [kind, rates] of Object.entries(KINDS)) {
  test(`packets ${kind}: for every seed the books are those of the file`, () => {
    let faults = 0;
    for (let seed = 1; seed <= SEEDS; seed++) {
      const run = publish(seed, rates);
      assert.equal(run.books.hash(), FILE_HASH, `seed ${seed}`);
      assert.equal(run.books.sink.messages, MESSAGES.length, `seed ${seed}: each once`);
      assert.equal(run.arbiter.lostMessages, 0, `seed ${seed}`);
      faults += run.faults;
    }
    assert.ok(faults > SEEDS);
  });
}

test('a connection cut anywhere: for every seed the books are those of the file', () => {
  let logins = 0;
  for (let seed = 1; seed <= SEEDS; seed++) {
    const run = overCuts(seed);
    assert.equal(run.books.hash(), FILE_HASH, `seed ${seed}`);
    assert.equal(run.books.sink.messages, MESSAGES.length, `seed ${seed}: each once`);
    logins += run.logins;
  }
  assert.ok(logins > 2 * SEEDS);
});

/** An intake, and the standing of its instruments. */
function intake() {
  const books = new LiveBooks();
  const clock = new SessionClock({ hi: 0, lo: 0 });
  const one = new ItchIntake('test', null, books.sink, clock, null);
  const add = (bytes: Buffer): void => one.messages(bytes, 0, bytes.length, messagesOf(bytes).length);
  const standing = (locate: number): StaleReason => {
    books.hash();
    return books.market.books.staleReason[locate] as StaleReason;
  };
  return { books, one, add, standing };
}

const listed = (locate: number) => itch('R', { locate, stock: `S${locate}` });
const order = (locate: number, ref: number) =>
  itch('A', { locate, order: ref, side: 'B', shares: 100, stock: `S${locate}`, price: 10_000 });

test('a loss makes every book stale for good, those still to be defined before their first order', () => {
  const { books, one, add, standing } = intake();
  add(Buffer.concat([listed(1), order(1, 1), listed(2)]));
  assert.equal(standing(1), StaleReason.None);
  one.lost(4, 7);
  assert.deepEqual([standing(1), standing(2)], [StaleReason.Gap, StaleReason.Gap]);
  add(Buffer.concat([listed(3), order(3, 9)]));
  assert.equal(standing(3), StaleReason.Gap);
  one.connection(0, false, false);
  one.connection(0, true, true);
  one.caughtUp();
  assert.deepEqual([standing(1), standing(3)], [StaleReason.Gap, StaleReason.Gap], 'nothing heals it');
  assert.equal(books.count(EventKind.Gap), 1);
  assert.deepEqual([one.lostMessages, one.holes, one.next], [3, 1, 9]);
  assert.match(one.stats.notes.join(), /3 messages were lost in 1 holes: .*start anew/);
});

test('without a line the books are stale, and live again when one is back and nothing was lost', () => {
  const { books, one, add, standing } = intake();
  add(Buffer.concat([listed(1), order(1, 1)]));
  one.connection(1, false, true);
  assert.equal(standing(1), StaleReason.None, 'the other line is up');
  one.connection(0, false, false);
  assert.equal(standing(1), StaleReason.Disconnected);
  one.connection(0, true, true);
  add(order(1, 2));
  assert.equal(standing(1), StaleReason.Disconnected, 'not caught up');
  one.caughtUp();
  assert.equal(standing(1), StaleReason.None);
  assert.equal(books.count(EventKind.Connection), 3);
});

test('a packet whose content is no ITCH is counted and leaves every book stale', () => {
  const { one, add, standing } = intake();
  add(listed(1));
  const bad = itch('A', { locate: 1, order: 5, side: 'X', shares: 1, stock: 'S1', price: 1 });
  add(Buffer.concat([order(1, 1), bad, order(1, 2)]));
  assert.equal(standing(1), StaleReason.Gap);
  assert.equal(one.damaged, 1);
  assert.match(one.stats.notes.join(), /1 packets held no ITCH 5.0 \(first: .*the side is byte 88/);
  add(order(1, 3));
});

/** Runs the same commands through Books and their naive twin and compares what both hold. */
import assert from 'node:assert/strict';
import type { EventMemory } from '../../src/book/books.ts';
import { Books } from '../../src/book/books.ts';
import { queueAhead } from '../../src/book/queue.ts';
import { BookView } from '../../src/book/view.ts';
import { EventKind, eventHead, Side, STALE_REASON_TEXT } from '../../src/core/event.ts';
import { writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { BookCommands, type CommandProfile } from './book-commands.ts';
import { levelQty, NaiveBooks, type NaiveCommand } from './naive-books.ts';

/** Event memory of `slots` 64-byte slots. */
export function eventMemory(slots = 1): EventMemory {
  const buffer = new ArrayBuffer(slots * 64);
  return { f64: new Float64Array(buffer), u32: new Uint32Array(buffer), bytes: new Uint8Array(buffer) };
}

/** Writes a command as an event at word `w`. */
export function writeCommand(memory: EventMemory, w: number, c: NaiveCommand): void {
  memory.u32[w * 2] = eventHead(c.kind as EventKind, c.side, c.flags);
  memory.u32[w * 2 + 1] = c.kind === EventKind.Instrument ? c.def!.instrument : c.instrument;
  if (c.kind === EventKind.Instrument) {
    writeInstrumentPayload(memory.bytes, (w + 3) * 8, c.def!);
    return;
  }
  memory.f64[w + 3] = c.price;
  memory.f64[w + 4] = c.qty;
  memory.f64[w + 5] = c.orderId;
  memory.f64[w + 6] = c.id2;
}

/** Runs `count` commands; the touch is compared after each, everything after every `fullEvery`. Returns both. */
export function runTwins(
  seed: number,
  profile: CommandProfile,
  count: number,
  fullEvery: number,
): { books: Books; twin: NaiveBooks } {
  const books = new Books();
  const twin = new NaiveBooks();
  const commands = new BookCommands(seed, profile, twin);
  const memory = eventMemory();
  for (let i = 0; i < count; i++) {
    const c = commands.next();
    const what = `seed ${seed}, command ${i}: ${JSON.stringify(c)}`;
    writeCommand(memory, 0, c);
    books.apply(memory, 0);
    twin.apply(c);
    if (books.problem !== twin.problem) {
      assert.equal(STALE_REASON_TEXT[books.problem], STALE_REASON_TEXT[twin.problem], `problem at ${what}`);
    }
    const instrument = c.def?.instrument ?? c.instrument;
    if (twin.books.has(instrument)) compareTouch(books, twin, instrument, what);
    if (i % fullEvery === fullEvery - 1) compareAll(books, twin, commands, what);
  }
  compareAll(books, twin, commands, `seed ${seed}, at the end`);
  return { books, twin };
}

function compareTouch(books: Books, twin: NaiveBooks, instrument: number, what: string): void {
  const bid = twin.best(instrument, Side.Bid);
  const ask = twin.best(instrument, Side.Ask);
  books.readTouch(instrument);
  const [bidPrice, bidQty, askPrice, askQty] = books.touch;
  const same =
    Object.is(bidPrice, bid?.price ?? 0) &&
    bidQty === (bid === null ? 0 : levelQty(bid)) &&
    Object.is(askPrice, ask?.price ?? 0) &&
    askQty === (ask === null ? 0 : levelQty(ask));
  if (!same) assert.fail(`touch ${[...books.touch]} against ${JSON.stringify({ bid, ask })} at ${what}`);
}

function compareAll(books: Books, twin: NaiveBooks, commands: BookCommands, what: string): void {
  books.checkInvariants();
  assert.equal(books.orders.size, twin.orders.size, `live orders, ${what}`);
  assert.deepEqual(
    [books.unknownOrders, books.duplicateOrders, books.badValues],
    [twin.unknownOrders, twin.duplicateOrders, twin.badValues],
    what,
  );
  const view = new BookView(books);
  for (const instrument of twin.books.keys()) compareDepth(view.point(instrument), twin, what);
  for (const [id, order] of twin.orders) {
    const entry = books.orders.find(id);
    assert.ok(entry >= 0, `order ${id} is known, ${what}`);
    assert.equal(books.orders.qtyOf(entry), order.qty, `quantity of order ${id}, ${what}`);
  }
  for (let i = 0; i < 3 && twin.live.length > 0; i++) {
    const { id } = twin.live[commands.random.below(twin.live.length)];
    assert.deepEqual(queueAhead(books, id), twin.queueAhead(id), `queue ahead of order ${id}, ${what}`);
  }
}

function compareDepth(view: BookView, twin: NaiveBooks, what: string): void {
  for (const side of [Side.Bid, Side.Ask]) {
    const expected = twin.ladder(view.instrument, side);
    const where = `instrument ${view.instrument} side ${side}, ${what}`;
    assert.equal(view.depth(side), expected.length, `number of levels of ${where}`);
    for (let depth = 0; depth < expected.length; depth++) {
      const level = expected[depth];
      if (
        view.priceTicksAt(side, depth) !== level.price ||
        view.qtyLotsAt(side, depth) !== levelQty(level) ||
        view.ordersAt(side, depth) !== level.queue.length + level.statedOrders
      ) {
        assert.fail(`level ${depth}: expected ${JSON.stringify(level)} in ${where}`);
      }
    }
  }
}

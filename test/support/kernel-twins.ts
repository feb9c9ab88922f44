/**
 * Runs the same commands through Books with the kernel, in batches of random length, and through Books without it, one by
 * one; compares what becomes of every event and, now and then, all that they hold.
 */
import assert from 'node:assert/strict';
import { Books } from '../../src/book/books.ts';
import { stateHash } from '../../src/book/state-hash.ts';
import { EventFlag } from '../../src/core/event.ts';
import { Prng } from '../../src/core/prng.ts';
import { BookCommands, type CommandProfile } from './book-commands.ts';
import { eventMemory, writeCommand } from './book-twins.ts';
import { NaiveBooks } from './naive-books.ts';

const SLOTS = 512;

export interface KernelRun {
  readonly books: Books;
  /** Events that the kernel applied, of all. */
  readonly taken: number;
}

/** `expectedOrders`: from 2^14 on the kernel is there from the start, below once the tables have grown. */
export function runKernelTwins(
  seed: number,
  profile: CommandProfile,
  count: number,
  options: { readonly expectedOrders: number; readonly fullEvery: number },
): KernelRun {
  const books = new Books(options.expectedOrders);
  const plain = new Books(options.expectedOrders, { kernel: false });
  const naive = new NaiveBooks();
  const commands = new BookCommands(seed, profile, naive);
  const lengths = new Prng(seed + 1);
  const memory = eventMemory(SLOTS);
  const ring = { memory, mask: SLOTS - 1 };
  let taken = 0;
  let first = 0;
  for (let done = 0; done < count; ) {
    const length = Math.min(count - done, 1 + lengths.below(400));
    for (let i = 0; i < length; i++) {
      const command = commands.next();
      writeCommand(memory, ((first + i) & ring.mask) << 3, command);
      naive.apply(command);
    }
    taken += applyBatch(books, plain, ring, first, length, `seed ${seed}, after command ${done}`);
    first += length;
    if (Math.floor(done / options.fullEvery) !== Math.floor((done + length) / options.fullEvery)) {
      compareAll(books, plain, `seed ${seed}, command ${done + length}`);
    }
    done += length;
  }
  compareAll(books, plain, `seed ${seed}, at the end`);
  assert.equal(books.orders.size, naive.orders.size);
  return { books, taken };
}

/** Returns how many events the kernel took. */
function applyBatch(
  books: Books,
  plain: Books,
  ring: { readonly memory: ReturnType<typeof eventMemory>; readonly mask: number },
  first: number,
  length: number,
  where: string,
): number {
  const { memory, mask } = ring;
  let taken = 0;
  for (let from = 0; from < length; ) {
    const staged = books.stage(memory, mask, first + from, length - from);
    for (let i = 0; i < Math.max(1, staged); ) {
      const done = staged === 0 ? 0 : books.applyStaged(i, staged);
      for (; i < done; i++, taken++) {
        const w = ((first + from + i) & mask) << 3;
        const moved = books.stagedTouch(i);
        plain.apply(memory, w);
        assert.equal(plain.problem, 0, `the kernel leaves what has a problem, ${where} + ${from + i}`);
        compareTouch(books, plain, memory.u32[w * 2], memory.u32[w * 2 + 1], moved, `${where} + ${from + i}`);
      }
      if (i < staged || staged === 0) {
        const w = ((first + from + i++) & mask) << 3;
        books.apply(memory, w);
        plain.apply(memory, w);
        assert.equal(books.problem, plain.problem, `${where} + ${from + i}`);
        lookAtBoth(books, plain, memory.u32[w * 2], memory.u32[w * 2 + 1], `${where} + ${from + i}`);
      }
    }
    from += Math.max(1, staged);
  }
  return taken;
}

function lookAtBoth(books: Books, plain: Books, head: number, instrument: number, where: string): void {
  if (((head >>> 16) & EventFlag.Last) === 0 || instrument >= books.defs.length) return;
  const moved = books.ladders.touchMoved(instrument);
  books.readTouch(instrument);
  compareTouch(books, plain, head, instrument, moved, where);
}

function compareTouch(
  books: Books,
  plain: Books,
  head: number,
  instrument: number,
  moved: boolean,
  where: string,
): void {
  if (((head >>> 16) & EventFlag.Last) === 0 || instrument >= plain.defs.length) {
    assert.equal(moved, false, where);
    return;
  }
  assert.equal(moved, plain.ladders.touchMoved(instrument), `the touch was written, ${where}`);
  if (!moved) return;
  plain.readTouch(instrument);
  for (let i = 0; i < 4; i++) {
    if (!Object.is(books.touch[i], plain.touch[i])) assert.deepEqual(books.touch, plain.touch, where);
  }
}

function compareAll(books: Books, plain: Books, where: string): void {
  books.checkInvariants();
  assert.equal(stateHash(books).hex(), stateHash(plain).hex(), `state, ${where}`);
  assert.deepEqual(
    [books.orders.size, books.ladders.size, books.unknownOrders, books.duplicateOrders, books.badValues],
    [plain.orders.size, plain.ladders.size, plain.unknownOrders, plain.duplicateOrders, plain.badValues],
    where,
  );
}

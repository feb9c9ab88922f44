/** Books as plain numbers, and books made from them again: what a moment of a finished log is rebuilt from. */
import { Books, type EventMemory } from '../../book/books.ts';
import { NO_LEVEL } from '../../book/ladders.ts';
import { EventKind, eventHead, Side } from '../../core/event.ts';
import { BookKind, type InstrumentDef } from '../../core/instrument-def.ts';

export interface SavedBooks {
  readonly defs: readonly InstrumentDef[];
  readonly staleReason: Uint8Array;
  /** Levels of L2 books, and of L3 books the quantity of orders never seen: side index, price, quantity, orders. */
  readonly levels: Float64Array;
  /** Orders of L3 books: side index, price, quantity, reference. */
  readonly orders: Float64Array;
}

/** So many float64 make an entry. */
const STRIDE = 4;

export function copyBooks(books: Books): SavedBooks {
  const defs = books.defs.filter((def) => def !== undefined);
  const { ladders, orders } = books;
  const levels: number[] = [];
  for (const def of defs) {
    for (let side = def.instrument * 2; side < def.instrument * 2 + 2; side++) {
      for (let depth = 0; ; depth++) {
        const level = ladders.levelAt(side, depth);
        if (level === NO_LEVEL) break;
        const qty = def.bookKind === BookKind.L2 ? ladders.qtyOf(level) : ladders.anonymousOf(level);
        if (qty > 0) levels.push(side, ladders.priceOf(level), qty, ladders.ordersOf(level));
      }
    }
  }
  const columns = new Float64Array(orders.size * STRIDE);
  let at = 0;
  orders.forEach((entry) => {
    const level = orders.levelOf(entry);
    columns[at] = ladders.sideOf(level);
    columns[at + 1] = ladders.priceOf(level);
    columns[at + 2] = orders.qtyOf(entry);
    columns[at + 3] = orders.idOf(entry);
    at += STRIDE;
  });
  return { defs, staleReason: books.staleReason.slice(), levels: Float64Array.from(levels), orders: columns };
}

export function restoreBooks(saved: SavedBooks): Books {
  const books = new Books(saved.orders.length / STRIDE);
  for (const def of saved.defs) books.define(def);
  for (const { instrument } of saved.defs) books.staleReason[instrument] = saved.staleReason[instrument];
  const slot = oneSlot();
  applyAll(books, slot, saved.orders, EventKind.Add);
  applyAll(books, slot, saved.levels, EventKind.Level);
  return books;
}

function applyAll(books: Books, slot: EventMemory, entries: Float64Array, kind: EventKind): void {
  for (let at = 0; at < entries.length; at += STRIDE) {
    const side = entries[at];
    slot.u32[0] = eventHead(kind, (side & 1) === 0 ? Side.Bid : Side.Ask, 0);
    slot.u32[1] = side >> 1;
    slot.f64[3] = entries[at + 1];
    slot.f64[4] = entries[at + 2];
    slot.f64[5] = entries[at + 3];
    books.apply(slot, 0);
  }
}

function oneSlot(): EventMemory {
  const f64 = new Float64Array(8);
  return { f64, u32: new Uint32Array(f64.buffer), bytes: new Uint8Array(f64.buffer) };
}

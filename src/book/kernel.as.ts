/**
 * The usual cases of what books.ts does to the order table and the ladders, in AssemblyScript, compiled to WebAssembly by
 * `npm run build`. The same memory, layout and results as there; whatever is not usual (growth, an order that is unknown,
 * duplicate or outside its line, a value that makes no sense or is wide) changes nothing here and is left to it.
 *
 * Why not TypeScript alone: nearly all the time of a full market is cache misses, and those overlap only when many are
 * asked for before the first is needed, with little work in between. V8's code for typed arrays checks bounds and
 * converts between float64 and int32 at each step, so that few misses are under way at once.
 *
 * So a batch of staged slots is gone through ahead of its being applied: the entries of all orders and the heads of all
 * instruments are asked for; then the levels that those orders rest at, and the steps of the sides that are added to; then
 * the levels that orders are added to. To ask is to store: a store retires at once and the line comes in behind it, while
 * loads hold one another up (15 % more time, latency-bench, itch-book, 2026-11-22).
 */
import { ADD, askForAddedTo, askForEntries, askForLevels, askForSteps, slotAt } from './kernel-ahead.as';
import {
  HEAD_BYTES,
  addToLevel,
  arena,
  firstStep,
  hasRoom,
  heads,
  insertLevel,
  lastStep,
  loadLadders,
  remove,
  search,
  seeTouch,
  sides,
  storeLadders,
  takeFrom,
  writeTouchQty,
} from './kernel-ladders.as';
import {
  find,
  free,
  freeEntry,
  homeOf,
  insert,
  isFull,
  isNarrow,
  loadOrders,
  narrow,
  storeOrders,
  tagOf,
} from './kernel-orders.as';
import {
  ENTRY_LEVEL,
  ENTRY_QTY,
  KIND,
  NO_LEVEL,
  ORDERS,
  QTY,
  SIDE,
  SLOT_HOME,
  SLOT_RESULT,
  SLOT_TOUCH,
  STEP_LEVEL,
  TOUCH_KEY,
  TOUCH_QTY,
} from './layout';

// EventKind, Side, EventFlag.Last and BookKind (core/event.ts, core/instrument-def.ts); kernel.ts asserts that they agree.
const EXECUTE = 3;
const REDUCE = 4;
const DELETE = 5;
const REPLACE = 6;
const LEVEL = 8;
const FIRST_WITHOUT_BOOK = 9;
const LAST_WITHOUT_BOOK = 16;
const LAST = 1 << 16;
const L3 = 3;
const L2 = 2;

/** Orders asked for together: their lines fit the first cache, and are more than a core can have under way. */
const BATCH = 32;
/** Applies staged slots [from, to) in order; returns the first that it leaves to books.ts, or `to`. */
export function apply(from: i32, to: i32): i32 {
  loadOrders();
  loadLadders();
  // What is asked for comes in while other batches are asked for or applied: each is two steps ahead of its use.
  let at = from;
  let end = min(to, at + BATCH);
  let next = min(to, end + BATCH);
  let adds = askForEntries(slotAt(at), slotAt(end));
  askForLevels(slotAt(at), slotAt(end));
  askForSteps(slotAt(at), adds);
  let nextAdds = askForEntries(slotAt(end), slotAt(next));
  askForAddedTo(slotAt(at), adds);
  while (at < to) {
    askForLevels(slotAt(end), slotAt(next));
    askForSteps(slotAt(end), nextAdds);
    const done = applyAll(at, end);
    at = done;
    if (done < end) break;
    askForAddedTo(slotAt(end), nextAdds);
    const third = min(to, next + BATCH);
    nextAdds = askForEntries(slotAt(next), slotAt(third));
    end = next;
    next = third;
  }
  storeOrders();
  storeLadders();
  return at;
}

function applyAll(from: i32, to: i32): i32 {
  for (let i = from; i < to; i++) {
    const slot = slotAt(i);
    const word = load<u32>(slot);
    if (!applyOne(slot, <i32>(word & 0xff))) return i;
    store<i32>(slot, 0, SLOT_RESULT * 4);
    if ((word & LAST) != 0) look(slot);
  }
  return to;
}

@inline
function applyOne(slot: usize, kind: i32): bool {
  if (kind == ADD) return add(slot);
  if (kind == DELETE) return deleteOrder(slot);
  if (kind == EXECUTE || kind == REDUCE) return reduce(slot);
  if (kind == REPLACE) return replace(slot);
  if (kind == LEVEL) return setLevel(slot);
  return kind >= FIRST_WITHOUT_BOOK && kind <= LAST_WITHOUT_BOOK;
}

/** Copies the touch into the slot, and says whether it is not what it was at the last look. */
@inline
function look(slot: usize): void {
  const side = load<u32>(slot, 4) << 1;
  if (side >= sides) return;
  const bid = heads + <usize>side * HEAD_BYTES;
  const ask = bid + HEAD_BYTES;
  store<f64>(slot, load<f64>(bid, TOUCH_KEY * 8), 24);
  store<f64>(slot, load<f64>(bid, TOUCH_QTY * 8), 32);
  store<f64>(slot, 0.0 - load<f64>(ask, TOUCH_KEY * 8), 40);
  store<f64>(slot, load<f64>(ask, TOUCH_QTY * 8), 48);
  store<i32>(slot, (seeTouch(bid) | seeTouch(ask)) * SLOT_TOUCH, SLOT_RESULT * 4);
}

/** Index of the event's side, or -1 where its instrument has no book of that kind. */
@inline
function sideOf(slot: usize, bookKind: i32): i32 {
  const bid = load<u32>(slot, 4) << 1;
  const side = <i32>load<u8>(slot, 1) - 1; // Side: 1 bid, 2 ask
  if (bid >= sides || <u32>side > 1) return -1;
  if ((load<i32>(heads + <usize>bid * HEAD_BYTES, KIND * 4) & 0xff) != bookKind) return -1;
  return <i32>bid + side;
}

@inline
function keyOf(side: i32, price: f64): f64 {
  return (side & 1) == 0 ? price : 0.0 - price;
}

function add(slot: usize): bool {
  const side = sideOf(slot, L3);
  const tag = tagOf(load<f64>(slot, 40));
  const qty = load<f64>(slot, 32);
  if (side < 0 || tag == 0 || isFull() || !isNarrow(qty)) return false;
  const entry = freeEntry(<usize>load<i32>(slot, SLOT_HOME * 4), tag);
  if (entry == 0) return false;
  const level = addToLevel(side, keyOf(side, load<f64>(slot, 24)), qty);
  if (level == NO_LEVEL) return false;
  insert(entry, tag, narrow(qty), level);
  return true;
}

function deleteOrder(slot: usize): bool {
  const entry = find(slot);
  if (entry == 0) return false;
  const level = arena + (<usize>load<i32>(entry, ENTRY_LEVEL * 4) << 3);
  if (load<u32>(level, SIDE * 4) >> 1 != load<u32>(slot, 4)) return false;
  free(entry);
  takeFrom(level, <f64>load<u32>(entry, ENTRY_QTY * 4), 1);
  return true;
}

function reduce(slot: usize): bool {
  const entry = find(slot);
  const qty = load<f64>(slot, 32);
  if (entry == 0 || !isNarrow(qty)) return false;
  const level = arena + (<usize>load<i32>(entry, ENTRY_LEVEL * 4) << 3);
  if (load<u32>(level, SIDE * 4) >> 1 != load<u32>(slot, 4)) return false;
  const held = load<u32>(entry, ENTRY_QTY * 4);
  const taken = <u32>narrow(qty);
  if (taken > held) return false;
  if (taken < held) {
    store<u32>(entry, held - taken, ENTRY_QTY * 4);
    takeFrom(level, qty, 0);
    return true;
  }
  free(entry);
  takeFrom(level, qty, 1);
  return true;
}

/** All of it or nothing: whether the new order fits is known before the old one leaves. */
function replace(slot: usize): bool {
  const entry = find(slot);
  const qty = load<f64>(slot, 32);
  const tag = tagOf(load<f64>(slot, 48));
  if (entry == 0 || tag == 0 || !isNarrow(qty)) return false;
  const old = arena + (<usize>load<i32>(entry, ENTRY_LEVEL * 4) << 3);
  const side = load<i32>(old, SIDE * 4);
  if (<u32>side >> 1 != load<u32>(slot, 4)) return false;
  const into = freeEntry(homeOf(tag), tag);
  const key = keyOf(side, load<f64>(slot, 24));
  if (into == 0 || !hasRoom(side, key)) return false;
  free(entry);
  takeFrom(old, <f64>load<u32>(entry, ENTRY_QTY * 4), 1);
  insert(into, tag, narrow(qty), addToLevel(side, key, qty));
  return true;
}

/** By-level books only: on an order-by-order book this is of orders never seen. */
function setLevel(slot: usize): bool {
  const side = sideOf(slot, L2);
  const qty = load<f64>(slot, 32);
  const stated = load<f64>(slot, 40);
  if (side < 0 || !(qty >= 0) || !(stated >= 0 && stated < 2147483648)) return false;
  const head = heads + <usize>side * HEAD_BYTES;
  const key = keyOf(side, load<f64>(slot, 24));
  const step = search(head, key);
  const isThere = step >= firstStep(head) && load<f64>(step) == key;
  if (qty == 0) {
    if (isThere) remove(head, step);
    return true;
  }
  if (!isThere) return insertLevel(side, step, key, qty, <i32>stated) != NO_LEVEL;
  const level = arena + (<usize>load<i32>(step, STEP_LEVEL * 4) << 3);
  store<f64>(level, qty, QTY * 8);
  store<i32>(level, <i32>stated, ORDERS * 4);
  if (step == lastStep(head)) writeTouchQty(head, qty);
  return true;
}

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
import {
  HEAD_BYTES,
  STEP_BYTES,
  addToLevel,
  arena,
  control,
  firstStep,
  guess,
  hasRoom,
  heads,
  insertLevel,
  lastStep,
  loadLadders,
  remove,
  search,
  sides,
  storeLadders,
  takeFrom,
  writeTouchQty,
} from './kernel-ladders.as';
import {
  C_ARRIVAL,
  C_ARRIVALS,
  C_CROWD,
  C_ENTRIES,
  C_ID_BASE_F64,
  C_ORDER_MASK,
  C_ORDERS,
  C_ORDERS_MAX,
  END,
  ENTRY_LEVEL,
  ENTRY_QTY,
  ENTRY_SCRATCH,
  KIND,
  NO_LEVEL,
  ORDERS,
  QTY,
  SIDE,
  SLOT_HEAD,
  SLOT_HOME,
  SLOT_LIST,
  SLOT_RESULT,
  SLOT_TOUCH,
  SLOTS_AT_BYTE,
  STEP_LEVEL,
  STEP_SCRATCH,
  STEPS,
  TOUCH_KEY,
  TOUCH_MOVED,
  TOUCH_QTY,
} from './layout';

// EventKind, Side, EventFlag.Last and BookKind (core/event.ts, core/instrument-def.ts); kernel.ts asserts that they agree.
const ADD = 2;
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

const SLOT_SHIFT = 6;
const ENTRY_SHIFT = 4;
/** Orders asked for together: their lines fit the first cache, and are more than a core can have under way. */
const BATCH = 32;
/** 2^52: added to a whole number below 2^32, the sum's low half is that number and the high half is HIGH_OF_2_52. */
const TWO_52: f64 = 4503599627370496;
const HIGH_OF_2_52 = 0x43300000;

let entries: usize = 0;
let orderMask: i32 = 0;
let arrivalAt: usize = 0;
let crowdAt: usize = 0;
let ordersMax: i32 = 0;
let idBase: f64 = 0;
let orders: i32 = 0;
let arrivals: i32 = 0;

/** Applies staged slots [from, to) in order; returns the first that it leaves to books.ts, or `to`. */
export function apply(from: i32, to: i32): i32 {
  entries = control(C_ENTRIES);
  orderMask = control(C_ORDER_MASK);
  arrivalAt = control(C_ARRIVAL);
  crowdAt = control(C_CROWD);
  ordersMax = control(C_ORDERS_MAX);
  loadLadders();
  idBase = load<f64>(C_ID_BASE_F64 << 3);
  orders = control(C_ORDERS);
  arrivals = control(C_ARRIVALS);
  let at = from;
  while (at < to) {
    const end = min(to, at + BATCH);
    const listed = askForEntries(slotAt(at), slotAt(end));
    askForLevels(slotAt(at), slotAt(end));
    askForSteps(slotAt(at), listed);
    askForAddedTo(slotAt(at), listed);
    const done = applyAll(at, end);
    at = done;
    if (done < end) break;
  }
  store<i32>(C_ORDERS << 2, orders);
  store<i32>(C_ARRIVALS << 2, arrivals);
  storeLadders();
  return at;
}

@inline
function slotAt(index: i32): usize {
  return <usize>(SLOTS_AT_BYTE + (index << SLOT_SHIFT));
}

/** The order's tag in the table, or 0 where its reference does not fit one. */
@inline
function tagOf(id: f64): i32 {
  const shifted = id - idBase + TWO_52;
  const bits = reinterpret<i64>(shifted);
  const isNarrow = <i32>(bits >> 32) == HIGH_OF_2_52 && <u32>bits < 0xfffffffe && shifted - TWO_52 == id - idBase;
  return isNarrow ? <i32>bits + 1 : 0;
}

@inline
function homeOf(tag: i32): usize {
  return entries + (<usize>((tag - 1) & orderMask) << ENTRY_SHIFT);
}

/**
 * The entries of all orders, by stores, which retire at once while the line comes in behind them; and the heads. Returns
 * the end of a list of the slots that add an order, slot by slot in SLOT_LIST: without a branch that is wrong half the time.
 */
function askForEntries(from: usize, to: usize): usize {
  const base = idBase - TWO_52;
  const table = entries;
  const mask = orderMask;
  const firstHead = heads;
  const lastBid = sides - 2;
  let listed = from;
  for (let slot = from; slot < to; slot += 64) {
    const bits = <i32>reinterpret<i64>(load<f64>(slot, 40) - base);
    const home = table + (<usize>(bits & mask) << ENTRY_SHIFT);
    store<i32>(slot, <i32>home, SLOT_HOME * 4);
    store<i32>(home, 0, ENTRY_SCRATCH * 4);
    const bid = min(load<u32>(slot, 4) << 1, lastBid);
    const head = firstHead + <usize>bid * HEAD_BYTES;
    store<i32>(slot, <i32>head, SLOT_HEAD * 4);
    store<u8>(head, 0, KIND * 4 + 3);
    store<i32>(listed, <i32>slot, SLOT_LIST * 4);
    listed += <usize>(load<u8>(slot) == ADD) << SLOT_SHIFT;
  }
  return listed;
}

/** The levels that orders rest at, of entries that are free nobody's. */
function askForLevels(from: usize, to: usize): void {
  const words = arena;
  for (let slot = from; slot < to; slot += 64) {
    const level = load<i32>(<usize>load<i32>(slot, SLOT_HOME * 4), ENTRY_LEVEL * 4);
    store<u8>(words + (<usize>level << 3), 0, SIDE * 4 + 3);
  }
}

/** Head of the side that a listed slot adds to. */
@inline
function headOfAdd(slot: usize): usize {
  return <usize>load<i32>(slot, SLOT_HEAD * 4) + <usize>((load<u8>(slot, 1) >> 1) & 1) * HEAD_BYTES;
}

/** The three lines of steps nearest to the touch, where orders are added to. */
function askForSteps(from: usize, to: usize): void {
  for (let at = from; at < to; at += 64) {
    const head = headOfAdd(<usize>load<i32>(at, SLOT_LIST * 4));
    const first = firstStep(head);
    const last = max(lastStep(head), first);
    store<i32>(last, 0, STEP_SCRATCH * 4);
    store<i32>(max(last - 64, first), 0, STEP_SCRATCH * 4);
    store<i32>(max(last - 128, first), 0, STEP_SCRATCH * 4);
  }
}

/** The levels that orders are added to. */
function askForAddedTo(from: usize, to: usize): void {
  const words = arena;
  for (let at = from; at < to; at += 64) {
    const slot = <usize>load<i32>(at, SLOT_LIST * 4);
    const head = headOfAdd(slot);
    const price = load<f64>(slot, 24);
    const key = (load<u8>(slot, 1) & 2) == 0 ? price : 0.0 - price;
    const step = max(guess(head, key), firstStep(head));
    store<u8>(words + (<usize>load<i32>(step, STEP_LEVEL * 4) << 3), 0, SIDE * 4 + 3);
  }
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

/** Copies a touch that was written since the last look into the slot. */
@inline
function look(slot: usize): void {
  const side = load<u32>(slot, 4) << 1;
  if (side >= sides) return;
  const bid = heads + <usize>side * HEAD_BYTES;
  const ask = bid + HEAD_BYTES;
  const bidKind = load<i32>(bid, KIND * 4);
  const askKind = load<i32>(ask, KIND * 4);
  store<i32>(bid, bidKind & ~TOUCH_MOVED, KIND * 4);
  store<i32>(ask, askKind & ~TOUCH_MOVED, KIND * 4);
  store<f64>(slot, load<f64>(bid, TOUCH_KEY * 8), 24);
  store<f64>(slot, load<f64>(bid, TOUCH_QTY * 8), 32);
  store<f64>(slot, 0.0 - load<f64>(ask, TOUCH_KEY * 8), 40);
  store<f64>(slot, load<f64>(ask, TOUCH_QTY * 8), 48);
  store<i32>(slot, ((bidKind | askKind) & TOUCH_MOVED) / TOUCH_MOVED * SLOT_TOUCH, SLOT_RESULT * 4);
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

/** True for a whole number of lots, 1 to 2^32 - 2. */
@inline
function isNarrow(qty: f64): bool {
  const shifted = qty + TWO_52;
  const bits = reinterpret<i64>(shifted);
  return <i32>(bits >> 32) == HIGH_OF_2_52 && <u32>(<i32>bits - 1) < 0xfffffffe && shifted - TWO_52 == qty;
}

/** The quantity as u32; right where `isNarrow`. */
@inline
function narrow(qty: f64): i32 {
  return <i32>reinterpret<i64>(qty + TWO_52);
}

function add(slot: usize): bool {
  const side = sideOf(slot, L3);
  const tag = tagOf(load<f64>(slot, 40));
  const qty = load<f64>(slot, 32);
  if (side < 0 || tag == 0 || orders >= ordersMax || !isNarrow(qty)) return false;
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

// --- The order table -------------------------------------------------------------------------------------------------

/** Address of the entry of the slot's order where it is in its line, else 0. */
@inline
function find(slot: usize): usize {
  const home = <usize>load<i32>(slot, SLOT_HOME * 4);
  const tag = tagOf(load<f64>(slot, 40));
  if (tag == 0) return 0;
  if (load<i32>(home) == tag) return home;
  if (load<i32>(home ^ 16) == tag) return home ^ 16;
  if (load<i32>(home ^ 32) == tag) return home ^ 32;
  return load<i32>(home ^ 48) == tag ? home ^ 48 : 0;
}

/** Address of a free entry in the line; 0 where there is none, or where the order may be in the table already. */
@inline
function freeEntry(home: usize, tag: i32): usize {
  const a = load<i32>(home);
  const b = load<i32>(home ^ 16);
  const c = load<i32>(home ^ 32);
  const d = load<i32>(home ^ 48);
  if (a == tag || b == tag || c == tag || d == tag) return 0;
  if (load<i32>(crowdAt + ((home - entries) >> 6 << 2)) != 0) return 0;
  if (a == 0) return home;
  if (b == 0) return home ^ 16;
  if (c == 0) return home ^ 32;
  return d == 0 ? home ^ 48 : 0;
}

/** The order leaves; what is asked for next time is nobody's level. */
@inline
function free(entry: usize): void {
  store<i32>(entry, 0);
  store<i32>(entry, 0, ENTRY_LEVEL * 4);
  orders--;
}

@inline
function insert(entry: usize, tag: i32, qty: i32, level: i32): void {
  store<i32>(entry, tag);
  store<i32>(entry, qty, ENTRY_QTY * 4);
  store<i32>(entry, level, ENTRY_LEVEL * 4);
  store<i32>(arrivalAt + ((entry - entries) >> 2), arrivals);
  arrivals++;
  orders++;
}

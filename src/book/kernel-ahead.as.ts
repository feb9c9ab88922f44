/**
 * The kernel's asking ahead (kernel.as.ts): cache lines that a batch of staged slots will need. Nothing here changes a
 * book; what is written are scratch words, and bytes that are 0 already.
 */
import { HEAD_BYTES, arena, firstStep, guess, heads, lastStep, sides } from './kernel-ladders.as';
import { ENTRY_SHIFT, TWO_52, entries, idBase, orderMask } from './kernel-orders.as';
import {
  ENTRY_LEVEL,
  ENTRY_SCRATCH,
  KIND,
  SIDE,
  SLOT_HEAD,
  SLOT_HOME,
  SLOT_LIST,
  SLOTS_AT_BYTE,
  STEP_LEVEL,
  STEP_SCRATCH,
} from './layout';

export const SLOT_SHIFT = 6;
/** EventKind.Add. */
export const ADD = 2;

@inline
export function slotAt(index: i32): usize {
  return <usize>(SLOTS_AT_BYTE + (index << SLOT_SHIFT));
}

/**
 * The entries of all orders, by stores, which retire at once while the line comes in behind them; and the heads. Returns
 * the end of a list of the slots that add an order, slot by slot in SLOT_LIST: without a branch that is wrong half the time.
 */
export function askForEntries(from: usize, to: usize): usize {
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
    store<u8>(head, 0, HEAD_BYTES + KIND * 4 + 3);
    store<i32>(listed, <i32>slot, SLOT_LIST * 4);
    listed += <usize>(load<u8>(slot) == ADD) << SLOT_SHIFT;
  }
  return listed;
}

/** The levels that orders rest at, of entries that are free nobody's. */
export function askForLevels(from: usize, to: usize): void {
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
export function askForSteps(from: usize, to: usize): void {
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
export function askForAddedTo(from: usize, to: usize): void {
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

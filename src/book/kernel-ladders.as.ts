/**
 * The kernel's part of the ladders (kernel.as.ts): as ladders.ts does it, for a side whose segment has room.
 */
import {
  ANONYMOUS,
  C_ARENA,
  C_ARENA_USED,
  C_ARENA_WORDS,
  C_FREE_LEVEL,
  C_HEADS,
  C_LEVELS,
  C_LEVELS_MADE,
  C_SIDES,
  END,
  LEVEL_WORDS,
  LIMIT,
  NO_LEVEL,
  ORDERS,
  QTY,
  SEEN_KEY,
  SEEN_QTY,
  SIDE,
  STEP_LEVEL,
  STEPS,
  TOUCH_KEY,
  TOUCH_QTY,
} from './layout';

export const HEAD_BYTES = 64;
export const STEP_BYTES = 16;
/** From so many bytes on a call of memmove is cheaper than a loop. */
const FAR = 24 * STEP_BYTES;

export let arena: usize = 0;
/** Address of the heads. */
export let heads: usize = 0;
export let sides: u32 = 0;
let arenaWords: i32 = 0;
let levels: i32 = 0;
let levelsMade: i32 = 0;
let freeLevel: i32 = 0;
let arenaUsed: i32 = 0;

@inline
export function control(word: i32): i32 {
  return load<i32>(<usize>(word << 2));
}

/** Takes over what ladder-memory.ts stored. */
export function loadLadders(): void {
  arena = control(C_ARENA);
  heads = arena + ((<usize>control(C_HEADS)) << 3);
  sides = control(C_SIDES);
  arenaWords = control(C_ARENA_WORDS);
  levels = control(C_LEVELS);
  levelsMade = control(C_LEVELS_MADE);
  freeLevel = control(C_FREE_LEVEL);
  arenaUsed = control(C_ARENA_USED);
}

export function storeLadders(): void {
  store<i32>(C_LEVELS << 2, levels);
  store<i32>(C_LEVELS_MADE << 2, levelsMade);
  store<i32>(C_FREE_LEVEL << 2, freeLevel);
  store<i32>(C_ARENA_USED << 2, arenaUsed);
}

@inline
export function firstStep(head: usize): usize {
  return arena + (<usize>load<i32>(head, STEPS * 4) << 3);
}

/** The step of the touch, or the place before the first step. */
@inline
export function lastStep(head: usize): usize {
  return arena + (<usize>load<i32>(head, END * 4) << 3) - STEP_BYTES;
}

/** The last step with a key not above `key`, or the place before the first. */
@inline
export function search(head: usize, key: f64): usize {
  const step = guess(head, key);
  return isPlace(head, step, key) ? step : searchFar(firstStep(head), lastStep(head), key);
}

/**
 * Where the key belongs if that is near the touch: by counting, among the last steps, those with a higher key, without a
 * branch that could not be predicted. Steps that are not there count as they come: `isPlace` tells.
 */
@inline
export function guess(head: usize, key: f64): usize {
  const last = lastStep(head);
  const keys = f64x2.splat(key);
  const a = f64x2.gt(twoKeys(last), keys);
  const b = f64x2.gt(twoKeys(last - 2 * STEP_BYTES), keys);
  const c = f64x2.gt(twoKeys(last - 4 * STEP_BYTES), keys);
  const d = f64x2.gt(twoKeys(last - 6 * STEP_BYTES), keys);
  const sum = i64x2.add(i64x2.add(a, b), i64x2.add(c, d)); // a comparison that holds is -1
  const higher = <i32>(i64x2.extract_lane(sum, 0) + i64x2.extract_lane(sum, 1));
  return last + <usize>(higher << 4);
}

/** Keys of a step and of the one below. */
@inline
export function twoKeys(step: usize): v128 {
  return v128.shuffle<f64>(v128.load(step), v128.load(step - STEP_BYTES), 0, 2);
}

/** Whether `step` is what `search` is to find. */
@inline
export function isPlace(head: usize, step: usize, key: f64): bool {
  const first = firstStep(head);
  const last = lastStep(head);
  if (step < first - STEP_BYTES || step > last) return false;
  return (step < first || load<f64>(step) <= key) && (step == last || load<f64>(step, STEP_BYTES) > key);
}

/** The same among the steps from `first` to `high`. */
function searchFar(first: usize, high: usize, key: f64): usize {
  let low = -1;
  let top = <i32>(high - first) >> 4;
  while (low < top) {
    const middle = (low + top + 1) >> 1;
    if (load<f64>(first + (<usize>middle << 4)) > key) top = middle - 1;
    else low = middle;
  }
  return first + (<usize>low << 4);
}

@inline
export function writeTouchQty(head: usize, qty: f64): void {
  store<f64>(head, qty, TOUCH_QTY * 8);
}

/** The same where the level is the touch; no branch, because there is no telling. */
@inline
export function writeTouchQtyIf(isTouch: bool, head: usize, qty: f64): void {
  store<f64>(head, isTouch ? qty : load<f64>(head, TOUCH_QTY * 8), TOUCH_QTY * 8);
}

/** One order more at the level with this key, which is made where there is none. NO_LEVEL: no room, nothing changed. */
@inline
export function addToLevel(side: i32, key: f64, qty: f64): i32 {
  const head = heads + <usize>side * HEAD_BYTES;
  const step = search(head, key);
  if (step < firstStep(head) || load<f64>(step) != key) return insertLevel(side, step, key, qty, 1);
  const level = load<i32>(step, STEP_LEVEL * 4);
  const at = arena + (<usize>level << 3);
  const sum = load<f64>(at, QTY * 8) + qty;
  store<f64>(at, sum, QTY * 8);
  store<i32>(at, load<i32>(at, ORDERS * 4) + 1, ORDERS * 4);
  writeTouchQtyIf(step == lastStep(head), head, sum);
  return level;
}

/** Whether `addToLevel` will succeed, even after an order of that side has left. */
@inline
export function hasRoom(side: i32, key: f64): bool {
  const head = heads + <usize>side * HEAD_BYTES;
  if (freeLevel == NO_LEVEL && arenaUsed + LEVEL_WORDS > arenaWords) return false;
  if (load<i32>(head, END * 4) != load<i32>(head, LIMIT * 4)) return true;
  const step = search(head, key);
  return step >= firstStep(head) && load<f64>(step) == key;
}

export function insertLevel(side: i32, worse: usize, key: f64, qty: f64, orderCount: i32): i32 {
  const head = heads + <usize>side * HEAD_BYTES;
  const end = load<i32>(head, END * 4);
  if (end == load<i32>(head, LIMIT * 4)) return NO_LEVEL;
  const level = takeLevel();
  if (level == NO_LEVEL) return NO_LEVEL;
  const at = arena + (<usize>level << 3);
  store<f64>(at, key);
  store<f64>(at, qty, QTY * 8);
  store<i32>(at, orderCount, ORDERS * 4);
  store<i32>(at, side, SIDE * 4);
  store<f64>(at, 0, ANONYMOUS * 8);
  const step = worse + STEP_BYTES;
  const endAt = arena + (<usize>end << 3);
  store<i32>(head, end + 2, END * 4);
  if (step == endAt) {
    store<f64>(head, key, TOUCH_KEY * 8);
    writeTouchQty(head, qty);
  } else if (<i32>(endAt - step) > FAR) {
    memory.copy(step + STEP_BYTES, step, endAt - step);
  } else {
    for (let to = endAt; to > step; to -= STEP_BYTES) v128.store(to, v128.load(to - STEP_BYTES));
  }
  store<f64>(step, key);
  store<i32>(step, level, STEP_LEVEL * 4);
  return level;
}

@inline
export function takeLevel(): i32 {
  let level = freeLevel;
  if (level != NO_LEVEL) {
    freeLevel = load<i32>(arena + (<usize>level << 3), ORDERS * 4);
  } else {
    if (arenaUsed + LEVEL_WORDS > arenaWords) return NO_LEVEL;
    level = arenaUsed;
    arenaUsed += LEVEL_WORDS;
    levelsMade++;
  }
  levels++;
  return level;
}

/** Takes `qty` and so many orders from the level at address `level`; it goes when nothing is left. */
@inline
export function takeFrom(level: usize, qty: f64, orderCount: i32): void {
  const head = heads + <usize>load<i32>(level, SIDE * 4) * HEAD_BYTES;
  const left = load<f64>(level, QTY * 8) - qty;
  if (left == 0) {
    remove(head, search(head, load<f64>(level)));
    return;
  }
  store<f64>(level, left, QTY * 8);
  store<i32>(level, load<i32>(level, ORDERS * 4) - orderCount, ORDERS * 4);
  writeTouchQtyIf(load<f64>(head, TOUCH_KEY * 8) == load<f64>(level), head, left);
}

/** Takes the level of a step out of its side. */
export function remove(head: usize, step: usize): void {
  const level = load<i32>(step, STEP_LEVEL * 4);
  const end = load<i32>(head, END * 4) - 2;
  const endAt = arena + (<usize>end << 3);
  store<i32>(head, end, END * 4);
  if (step == endAt) readTouch(head);
  else if (<i32>(endAt - step) > FAR) memory.copy(step, step + STEP_BYTES, endAt - step);
  else for (let to = step; to < endAt; to += STEP_BYTES) v128.store(to, v128.load(to + STEP_BYTES));
  levels--;
  store<i32>(arena + (<usize>level << 3), freeLevel, ORDERS * 4);
  freeLevel = level;
}

/** 1 where the touch of the side is not what it was at the last look, else 0. No branch: it is as often the one as the other. */
@inline
export function seeTouch(head: usize): i32 {
  const key = load<f64>(head, TOUCH_KEY * 8);
  const qty = load<f64>(head, TOUCH_QTY * 8);
  const moved = <i32>(key != load<f64>(head, SEEN_KEY * 8)) | <i32>(qty != load<f64>(head, SEEN_QTY * 8));
  store<f64>(head, key, SEEN_KEY * 8);
  store<f64>(head, qty, SEEN_QTY * 8);
  return moved;
}

/** Copies the last step's level, if there is one, into the head of the side. */
@inline
export function readTouch(head: usize): void {
  const step = lastStep(head);
  if (step < firstStep(head)) {
    store<f64>(head, 0, TOUCH_KEY * 8);
    writeTouchQty(head, 0);
  } else {
    store<f64>(head, load<f64>(step), TOUCH_KEY * 8);
    writeTouchQty(head, load<f64>(arena + (<usize>load<i32>(step, STEP_LEVEL * 4) << 3), QTY * 8));
  }
}

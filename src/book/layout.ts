/**
 * Where everything lies in the memory of the books, for TypeScript and for the kernel (kernel.as.ts), which is compiled
 * from a dialect that knows little more than integer constants: hence nothing else here.
 *
 * The memory begins with the kernel's part: the control words, then the staged slots. Behind it lie, wherever
 * TableMemory (memory.ts) put them, the order table (order-table.ts) and the ladders' arena:
 *
 *   head, 8 words of 8 bytes a side: a cache line
 *     f64 0-1  key and qty of the touch, 0 and 0 where the side is empty
 *     i32 4-7  steps, end of the steps in use, end of their segment, BookKind of the instrument
 *     f64 4-5  key and qty of the touch as they were at the last look; the rest is unused
 *   step, 2 words a level: the levels of a side in the order of their keys, the touch last
 *     f64 0    key          i32 2  level          i32 3  scratch
 *   level, 4 words, which stays where it is until it is removed:
 *     f64 0-1  key, qty     i32 4  orders         i32 5  side         f64 3  anonymous qty (part of qty)
 *     Level 0 is nobody's.
 *
 *   entry of the order table, 16 bytes, four to a cache line:
 *     i32 0-3  tag, qty, level, scratch
 *
 * Heads, steps and levels are named by their first 8-byte word within the arena.
 */

export const HEAD_WORDS = 8;
export const TOUCH_KEY = 0;
export const TOUCH_QTY = 1;
export const STEPS = 4;
export const END = 5;
export const LIMIT = 6;
export const KIND = 7;
export const SEEN_KEY = 4;
export const SEEN_QTY = 5;

export const STEP_WORDS = 2;
export const STEP_LEVEL = 2;
export const STEP_SCRATCH = 3;

export const LEVEL_WORDS = 4;
export const QTY = 1;
export const ANONYMOUS = 3;
export const ORDERS = 4;
export const SIDE = 5;
export const NO_LEVEL = -1;

export const ENTRY_WORDS = 4;
export const ENTRY_TAG = 0;
export const ENTRY_QTY = 1;
export const ENTRY_LEVEL = 2;
/**
 * A scratch word is written ahead of use, for nothing but to have the line in the cache, and never read. Where there is
 * none the kernel writes a byte that is always 0: the highest of a head's KIND, and of a level's SIDE.
 */
export const ENTRY_SCRATCH = 3;

/** Control words, by int32: where the tables are (bytes from the start of the memory), and what changes with every order. */
export const C_ENTRIES = 0;
export const C_ORDER_MASK = 1;
export const C_ARRIVAL = 2;
export const C_CROWD = 3;
export const C_ORDERS_MAX = 4;
export const C_ARENA = 5;
/** Within the arena, in words: the heads, the number of sides that have one, and the arena's length. */
export const C_HEADS = 6;
export const C_SIDES = 7;
export const C_ARENA_WORDS = 8;
export const C_ORDERS = 9;
export const C_ARRIVALS = 10;
export const C_LEVELS = 11;
export const C_LEVELS_MADE = 12;
export const C_FREE_LEVEL = 13;
export const C_ARENA_USED = 14;
/** By 8-byte word. */
export const C_ID_BASE_F64 = 8;

/**
 * A staged slot is an event (core/event.ts) whose times are left out: in their place stand the home of its order
 * and the head of its instrument (addresses), and what became of it. After SLOT_TOUCH words 3-6 hold the touch: bid price and qty, ask price and qty.
 */
export const SLOTS_AT_BYTE = 128;
export const SLOT_HOME = 2;
export const SLOT_HEAD = 3;
export const SLOT_RESULT = 4;
/** Address of a slot: the i-th slot of a batch holds the place of its i-th order to be added. */
export const SLOT_LIST = 5;
/** The event is the last of its message, and its instrument's touch is not what it was after the one before. */
export const SLOT_TOUCH = 1;
export const STAGED_SLOTS = 256;
export const KERNEL_BYTES = 16512;

/** The kernel's part of the order table (kernel.as.ts): as order-table.ts does it, for an order within its home's line. */
import { control } from './kernel-ladders.as';
import {
  C_ARRIVAL,
  C_ARRIVALS,
  C_CROWD,
  C_ENTRIES,
  C_ID_BASE_F64,
  C_ORDER_MASK,
  C_ORDERS,
  C_ORDERS_MAX,
  ENTRY_LEVEL,
  ENTRY_QTY,
  SLOT_HOME,
} from './layout';

export const ENTRY_SHIFT = 4;
/** 2^52: added to a whole number below 2^32, the sum's low half is that number and the high half is HIGH_OF_2_52. */
export const TWO_52: f64 = 4503599627370496;
const HIGH_OF_2_52 = 0x43300000;

export let entries: usize = 0;
export let orderMask: i32 = 0;
let arrivalAt: usize = 0;
let crowdAt: usize = 0;
let ordersMax: i32 = 0;
export let idBase: f64 = 0;
let orders: i32 = 0;
let arrivals: i32 = 0;

/** Takes over what order-table.ts stored. */
export function loadOrders(): void {
  entries = control(C_ENTRIES);
  orderMask = control(C_ORDER_MASK);
  arrivalAt = control(C_ARRIVAL);
  crowdAt = control(C_CROWD);
  ordersMax = control(C_ORDERS_MAX);
  idBase = load<f64>(C_ID_BASE_F64 << 3);
  orders = control(C_ORDERS);
  arrivals = control(C_ARRIVALS);
}

export function storeOrders(): void {
  store<i32>(C_ORDERS << 2, orders);
  store<i32>(C_ARRIVALS << 2, arrivals);
}

/** Whether the table has to grow before it takes an order more. */
@inline
export function isFull(): bool {
  return orders >= ordersMax;
}

/** The order's tag in the table, or 0 where its reference does not fit one. */
@inline
export function tagOf(id: f64): i32 {
  const shifted = id - idBase + TWO_52;
  const bits = reinterpret<i64>(shifted);
  const isNarrow = <i32>(bits >> 32) == HIGH_OF_2_52 && <u32>bits < 0xfffffffe && shifted - TWO_52 == id - idBase;
  return isNarrow ? <i32>bits + 1 : 0;
}

@inline
export function homeOf(tag: i32): usize {
  return entries + (<usize>((tag - 1) & orderMask) << ENTRY_SHIFT);
}

/** True for a whole number of lots, 1 to 2^32 - 2. */
@inline
export function isNarrow(qty: f64): bool {
  const shifted = qty + TWO_52;
  const bits = reinterpret<i64>(shifted);
  return <i32>(bits >> 32) == HIGH_OF_2_52 && <u32>(<i32>bits - 1) < 0xfffffffe && shifted - TWO_52 == qty;
}

/** The quantity as u32; right where `isNarrow`. */
@inline
export function narrow(qty: f64): i32 {
  return <i32>reinterpret<i64>(qty + TWO_52);
}

/** Address of the entry of the slot's order where it is in its line, else 0. */
@inline
export function find(slot: usize): usize {
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
export function freeEntry(home: usize, tag: i32): usize {
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
export function free(entry: usize): void {
  store<i32>(entry, 0);
  store<i32>(entry, 0, ENTRY_LEVEL * 4);
  orders--;
}

@inline
export function insert(entry: usize, tag: i32, qty: i32, level: i32): void {
  store<i32>(entry, tag);
  store<i32>(entry, qty, ENTRY_QTY * 4);
  store<i32>(entry, level, ENTRY_LEVEL * 4);
  store<i32>(arrivalAt + ((entry - entries) >> 2), arrivals);
  arrivals++;
  orders++;
}

/** What must hold of the order manager as a whole, recomputed from the rows; and its orders' hash. O(everything). */
import { assert } from '../core/assert.ts';
import type { Fnv64 } from '../core/hash.ts';
import { isTerminal, OrdStatus } from '../core/order.ts';
import { Wide } from '../core/wide.ts';
import type { OrderLife } from './order-life.ts';
import { OrderMark, type Orders } from './orders.ts';
import { committedLots, standingBefore, standingOf } from './standing.ts';

export function checkLife(life: OrderLife): void {
  checkRows(life);
  checkFills(life);
  checkLists(life);
  checkParents(life);
  life.executions.checkInvariants();
  life.clOrdIds.checkInvariants();
}

function checkRows(life: OrderLife): void {
  const { orders } = life;
  const counts = new Float64Array(life.countByStatus.length);
  for (let id = 1; id <= orders.count; id++) {
    const status = orders.status[id];
    const isSent = (orders.marks[id] & OrderMark.Sent) !== 0;
    const cum = orders.cumQtyLots[id];
    counts[status]++;
    assert(orders.statusBefore[id] === standingBefore(orders, id), `order ${id}: status before`);
    if (!isSent) {
      assert(cum === 0 && orders.leavesQtyLots[id] === 0, `order ${id} was not sent, so nothing of it was executed`);
      continue;
    }
    assert(Number.isSafeInteger(cum) && cum >= 0, `order ${id}: CumQty ${cum}`);
    if (isTerminal(status)) {
      assert(orders.leavesQtyLots[id] === 0, `order ${id} is over: nothing is left`);
      assert(committedLots(orders, id) <= orders.qtyLots[id], `order ${id}: no more than its quantity`);
    } else {
      assert(status === standingOf(orders, id), `order ${id} stands where its columns say`);
      assert(orders.leavesQtyLots[id] === Math.max(0, orders.qtyLots[id] - cum), `order ${id}: LeavesQty`);
      assert(status !== OrdStatus.Filled, `order ${id}: Filled is an end`);
    }
    assert(life.clOrdIds.get(orders.clOrdId[id]) === id, `order ${id}: its ClOrdID is its own`);
  }
  for (let status = 0; status < counts.length; status++) {
    assert(counts[status] === life.countByStatus[status], `${counts[status]} orders in status ${status}`);
  }
}

/** CumQty and its value are the sums of the fills that stand. */
function checkFills(life: OrderLife): void {
  const { orders, executions } = life;
  const cum = new Float64Array(orders.count + 1);
  const values = Array.from({ length: orders.count + 1 }, () => new Wide());
  const product = new Wide();
  for (let fill = 1; fill <= executions.count; fill++) {
    const id = executions.orderId[fill];
    cum[id] += executions.qtyLots[fill];
    product.setProduct(executions.qtyLots[fill], executions.pxTicks[fill]);
    values[id].add(product.hi, product.lo);
  }
  for (let id = 1; id <= orders.count; id++) {
    assert(cum[id] === orders.cumQtyLots[id], `order ${id}: CumQty is the sum of its fills`);
    const isSame = values[id].compare(orders.cumValueHi[id], orders.cumValueLo[id]) === 0;
    assert(isSame, `order ${id}: its value is the sum of its fills`);
  }
}

function checkLists(life: OrderLife): void {
  const { orders, groups } = life;
  const bySide = new Uint8Array(orders.count + 1);
  const byStrategy = new Uint8Array(orders.count + 1);
  life.bySide.checkInvariants((list, id) => {
    bySide[id] = 1;
    assert(list === orders.instrument[id] * 2 + orders.side[id] - 1, `order ${id} is listed under its side`);
  });
  life.byStrategy.checkInvariants((list, id) => {
    byStrategy[id] = 1;
    assert(list === orders.strategy[id], `order ${id} is listed under its strategy`);
  });
  groups.members.checkInvariants((list, id) => {
    assert(list === orders.groupId[id] && !isTerminal(orders.status[id]), `order ${id} is in its group and not over`);
  });
  for (let id = 1; id <= orders.count; id++) {
    const isOpen = !isTerminal(orders.status[id]);
    const isSent = (orders.marks[id] & OrderMark.Sent) !== 0;
    const isHeld = (orders.marks[id] & OrderMark.Held) !== 0;
    assert(!(isSent && isHeld), `order ${id} is not held and sent`);
    assert((bySide[id] === 1) === (isOpen && isSent), `order ${id} is listed under its side while it is open`);
    assert((byStrategy[id] === 1) === (isOpen && (isSent || isHeld)), `order ${id} is listed under its strategy`);
  }
}

function checkParents(life: OrderLife): void {
  const { orders, parents } = life;
  const cum = new Float64Array(parents.count + 1);
  const committed = new Float64Array(parents.count + 1);
  for (let id = 1; id <= orders.count; id++) {
    const parentId = orders.parentId[id];
    if (!parents.has(parentId)) continue;
    cum[parentId] += orders.cumQtyLots[id];
    committed[parentId] += committedLots(orders, id);
  }
  for (let id = 1; id <= parents.count; id++) {
    assert(cum[id] === parents.cumQtyLots[id], `parent ${id}: CumQty`);
    assert(committed[id] === parents.committedLots[id], `parent ${id}: committed quantity`);
    assert(cum[id] <= committed[id] && committed[id] <= parents.qtyLots[id], `parent ${id} is not exceeded`);
  }
}

export function foldOrders(orders: Orders, hash: Fnv64): void {
  hash.integer(orders.count);
  for (let id = 1; id <= orders.count; id++) {
    hash.word((orders.strategy[id] << 16) | orders.account[id]);
    hash.word(orders.instrument[id]);
    hash.word((orders.side[id] << 24) | (orders.type[id] << 16) | (orders.timeInForce[id] << 8) | orders.peg[id]);
    hash.word((orders.status[id] << 24) | (orders.marks[id] << 16) | orders.flags[id]);
    hash.word(orders.rejectCode[id]);
    hash.integer(orders.priceTicks[id]);
    hash.integer(orders.workingPriceTicks[id]);
    hash.integer(orders.stopPriceTicks[id]);
    hash.integer(orders.pegOffsetTicks[id]);
    hash.integer(orders.qtyLots[id]);
    hash.integer(orders.displayQtyLots[id]);
    hash.integer(orders.cumQtyLots[id]);
    hash.integer(orders.leavesQtyLots[id]);
    hash.integer(orders.statedCumQtyLots[id]);
    hash.integer(orders.cumValueHi[id]);
    hash.integer(orders.cumValueLo[id]);
    hash.integer(orders.clOrdId[id]);
    hash.integer(orders.cancelClOrdId[id]);
    hash.integer(orders.replaceClOrdId[id]);
    hash.integer(orders.pendingQtyLots[id]);
    hash.integer(orders.pendingPriceTicks[id]);
    hash.integer(orders.pendingDisplayQtyLots[id]);
    hash.integer(orders.termsNs[id]);
    hash.integer(orders.expireNs[id]);
    hash.integer(orders.parentId[id]);
    hash.integer(orders.groupId[id]);
    hash.integer(orders.tag[id]);
    hash.integer(orders.createdNs[id]);
    hash.integer(orders.changedNs[id]);
  }
}

/**
 * What follows for the others of a group when one of its orders changed (the rules stand in groups.ts). Decided at once,
 * done after the change has been told, one by one and in order: the engine may send, refuse or cancel orders in between, so
 * each piece of work looks again whether it still makes sense.
 */
import { isTerminal, RejectCode } from '../core/order.ts';
import { widened } from '../core/widened.ts';
import { GroupPhase } from './groups.ts';
import type { OrderLife } from './order-life.ts';
import type { OmsListener, OrderManager } from './order-manager.ts';
import { OrderMark } from './orders.ts';

const Work = { Cancel: 0, Release: 1, Reject: 2 } as const;
const WORKS = 4;

export class GroupWork {
  private readonly oms: OrderManager;
  private readonly life: OrderLife;
  private readonly listener: OmsListener;
  /** OrderID * WORKS + Work. */
  private queue = new Int32Array(64);
  private head = 0;
  private tail = 0;
  private isBusy = false;

  constructor(oms: OrderManager, life: OrderLife, listener: OmsListener) {
    this.oms = oms;
    this.life = life;
    this.listener = listener;
  }

  /** `orderId` changed; `isExecuted`: by an execution. O(members of its group) when that has consequences, else O(1). */
  follow(orderId: number, isExecuted: boolean, nowNs: number): void {
    const { orders, groups } = this.life;
    if ((orders.marks[orderId] & OrderMark.Grouped) !== 0) {
      const groupId = orders.groupId[orderId];
      if (groups.isEntry(groupId, orderId)) this.settleEntry(groupId, orderId);
      else if (isExecuted) {
        groups.phase[groupId] = GroupPhase.Over;
        this.enqueue(groupId, orderId, Work.Cancel);
      }
    }
    if (!this.isBusy) this.drain(nowNs);
  }

  /** Once the entry is over and nothing of it is on its way, its children go, or go with it. */
  private settleEntry(groupId: number, entry: number): void {
    const { orders, groups } = this.life;
    if (groups.phase[groupId] !== GroupPhase.Entry || !isTerminal(orders.status[entry])) return;
    const cum = orders.cumQtyLots[entry];
    if (orders.statedCumQtyLots[entry] > cum) return;
    groups.phase[groupId] = cum > 0 ? GroupPhase.Open : GroupPhase.Over;
    this.enqueue(groupId, entry, cum > 0 ? Work.Release : Work.Reject);
  }

  /** The same work for every member but one. */
  private enqueue(groupId: number, exceptOrderId: number, work: number): void {
    const { members } = this.life.groups;
    for (let other = members.firstOf(groupId); other !== 0; other = members.nextOf(other)) {
      if (other === exceptOrderId) continue;
      if (this.tail === this.queue.length) this.grow();
      this.queue[this.tail++] = other * WORKS + work;
    }
  }

  private drain(nowNs: number): void {
    const { orders } = this.life;
    this.isBusy = true;
    while (this.head < this.tail) {
      const item = this.queue[this.head++];
      const orderId = Math.floor(item / WORKS);
      const work = item % WORKS;
      if (isTerminal(orders.status[orderId])) continue;
      if (work === Work.Cancel) {
        if (orders.cancelClOrdId[orderId] === 0) this.listener.wantsCancel(orderId);
      } else if (this.oms.isHeld(orderId)) {
        if (work === Work.Reject) {
          this.oms.reject(orderId, RejectCode.BadGroup, nowNs);
        } else {
          this.life.release(orderId);
          this.listener.wantsRelease(orderId);
        }
      }
    }
    this.head = 0;
    this.tail = 0;
    this.isBusy = false;
  }

  private grow(): void {
    this.queue = widened(this.queue);
  }
}

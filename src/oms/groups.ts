/**
 * Orders that depend on each other (FIX tag 1385), and what follows from an event of one of them. Decisions:
 *
 *  - OCO: the first execution of one, whole or part, asks for the cancel of all others, and so does every further one
 *    (a cancel that the venue refused is tried again then). An order that ends without an execution leaves the others be.
 *  - Bracket: the first order is the entry. Orders that join while it lives are held here, unsent. Once the entry is over
 *    and all that it executed has arrived, they are released, each with its own quantity or the entry's CumQty where that
 *    is less; from then on they are OCO to each other. An entry that ends with nothing executed takes them with it.
 *    Not at the first fill: they would have to be replaced with every further one. A bust of the entry after the release
 *    changes nothing about the children: that is the strategy's to judge.
 *
 * A group is over after its first execution (OCO), or when its entry ended unfilled: nobody may join then.
 */
import type { Fnv64 } from '../core/hash.ts';
import { GroupKind } from '../core/order.ts';
import { widened } from '../core/widened.ts';
import { ChainLists } from './chain-list.ts';

export const GroupPhase = {
  /** Bracket: no entry yet. */
  Empty: 0,
  /** Bracket: the entry lives, or its last fills are on the way. */
  Entry: 1,
  /** Its members are OCO to each other. */
  Open: 2,
  Over: 3,
} as const;
export type GroupPhase = (typeof GroupPhase)[keyof typeof GroupPhase];

export class Groups {
  /** Groups so far; a group's id is 1 .. count. */
  count = 0;
  strategy: Uint16Array = new Uint16Array(16);
  kind: Uint8Array = new Uint8Array(16);
  phase: Uint8Array = new Uint8Array(16);
  /** Bracket: OrderID of its entry. */
  entry: Int32Array = new Int32Array(16);
  /** The members that have not ended; a bracket's entry is none of them. */
  readonly members = new ChainLists();

  has(groupId: number): boolean {
    return groupId >= 1 && groupId <= this.count && Math.floor(groupId) === groupId;
  }

  /** Returns its id; 0 where there is no such kind. */
  create(strategy: number, kind: number): number {
    if (kind !== GroupKind.Oco && kind !== GroupKind.Bracket) return 0;
    const id = ++this.count;
    if (id === this.kind.length) this.grow();
    this.strategy[id] = strategy;
    this.kind[id] = kind;
    this.phase[id] = kind === GroupKind.Oco ? GroupPhase.Open : GroupPhase.Empty;
    return id;
  }

  /** Whether an order of the strategy may join. */
  admits(groupId: number, strategy: number): boolean {
    return this.has(groupId) && this.strategy[groupId] === strategy && this.phase[groupId] !== GroupPhase.Over;
  }

  /** `orderId` joins a group that admits it. True when it has to wait for the entry. */
  join(groupId: number, orderId: number): boolean {
    if (this.phase[groupId] === GroupPhase.Empty) {
      this.entry[groupId] = orderId;
      this.phase[groupId] = GroupPhase.Entry;
      return false;
    }
    this.members.append(groupId, orderId);
    return this.phase[groupId] === GroupPhase.Entry;
  }

  /** A member has ended. */
  leave(groupId: number, orderId: number): void {
    if (!this.isEntry(groupId, orderId)) this.members.remove(groupId, orderId);
  }

  isEntry(groupId: number, orderId: number): boolean {
    return this.entry[groupId] === orderId;
  }

  foldInto(hash: Fnv64): void {
    hash.integer(this.count);
    for (let id = 1; id <= this.count; id++) {
      hash.word(this.strategy[id]);
      hash.word((this.kind[id] << 8) | this.phase[id]);
      hash.word(this.entry[id]);
      for (let order = this.members.firstOf(id); order !== 0; order = this.members.nextOf(order)) hash.word(order);
    }
  }

  private grow(): void {
    this.strategy = widened(this.strategy);
    this.kind = widened(this.kind);
    this.phase = widened(this.phase);
    this.entry = widened(this.entry);
  }
}

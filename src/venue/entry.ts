/**
 * Requests as they reach the venue: new orders, replaces, cancels, and orders whose time has come. All by the venue's
 * time, against the book as it stands then.
 */
import { ExecType, OrderFlag, OrdType, RejectCode, TimeInForce } from '../core/order.ts';
import { Prng } from '../core/prng.ts';
import { widened } from '../core/widened.ts';
import { type Floor, STREAM } from './floor.ts';
import { NO_SLOT, OwnState } from './own-orders.ts';
import type { Taking } from './taking.ts';
import type { Triggers } from './triggers.ts';

export class Entry {
  /** 1: the instrument does not trade (halted, paused, quotation only, closed). */
  closed = new Uint8Array(16);
  /** 1: orders may have come to rest, or been passed, while nothing traded: they act when trading goes on. */
  private reopens = new Uint8Array(16);
  private readonly floor: Floor;
  private readonly taking: Taking;
  private readonly triggers: Triggers;
  private readonly random: Prng;
  private scratch = new Int32Array(16);

  constructor(floor: Floor, taking: Taking, triggers: Triggers, seed: number) {
    this.floor = floor;
    this.taking = taking;
    this.triggers = triggers;
    this.random = new Prng(seed + 3 * STREAM);
  }

  ensureInstruments(count: number): void {
    if (count <= this.closed.length) return;
    this.closed = widened(this.closed, count);
    this.reopens = widened(this.reopens, count);
  }

  /** The instrument trades, or does not. */
  setClosed(instrument: number, isClosed: boolean): void {
    this.closed[instrument] = isClosed ? 1 : 0;
    if (isClosed) this.reopens[instrument] = 1;
  }

  /** Trading goes on: resting orders that the displayed depth of the other side reaches take from it, each once. */
  reopen(instrument: number): void {
    const { floor, taking } = this;
    const { own } = floor;
    if (this.reopens[instrument] === 0 || this.closed[instrument] === 1 || floor.isUnmatched(instrument)) return;
    this.reopens[instrument] = 0;
    const count = this.collect(instrument, 0);
    for (let i = 0; i < count; i++) {
      const slot = this.scratch[i];
      if (own.state[slot] !== OwnState.Resting || !taking.wouldTake(slot)) continue;
      own.unlink(slot);
      this.enter(slot);
    }
  }

  /** A new order has arrived. */
  newOrder(slot: number): void {
    const { floor, taking } = this;
    const { own } = floor;
    own.state[slot] = OwnState.Loose;
    const code = this.refusal(slot);
    if (code !== RejectCode.None) {
      floor.end(slot, ExecType.Rejected, code);
      return;
    }
    if (own.type[slot] === OrdType.Stop || own.type[slot] === OrdType.StopLimit) {
      floor.accepted(slot, -1);
      own.wait(slot);
      if (this.canTrade(slot)) this.triggers.checkStop(slot);
      if (floor.pendingCount > 0) this.finishEvent();
      return;
    }
    const isPostOnly = (own.flags[slot] & OrderFlag.PostOnly) !== 0;
    const wasRepriced = isPostOnly && taking.wouldTake(slot) && this.canTrade(slot);
    if (wasRepriced) this.makePassive(slot);
    floor.accepted(slot, this.rests(slot) ? floor.queueAhead(slot) : -1);
    if (wasRepriced) floor.changed(slot, ExecType.Restated, 0);
    this.enter(slot);
  }

  /** A replace has arrived: `qty` is the whole order's, executed part included. */
  replace(orderId: number, strategy: number, clOrdId: number, qty: number, price: number): void {
    const { floor } = this;
    const { own } = floor;
    const slot = own.slotOf(orderId);
    let code = this.absence(slot);
    if (code === 0 && this.draw(floor.config.rejects.replaceProbability)) code = RejectCode.VenueRefused;
    if (code === 0 && qty <= own.qty[slot] - own.leaves[slot]) code = RejectCode.VenueTooLate;
    if (code === 0 && this.isClosed(slot) && floor.config.whenHalted === 'refuse') code = RejectCode.VenueHalted;
    if (code === 0) code = this.change(slot, clOrdId, qty, price);
    if (code !== 0) floor.refuse(ExecType.ReplaceRejected, slot, orderId, strategy, clOrdId, code);
  }

  /** A cancel has arrived. */
  cancel(orderId: number, strategy: number, clOrdId: number): void {
    const { floor } = this;
    const slot = floor.own.slotOf(orderId);
    let code = this.absence(slot);
    if (code === 0 && this.draw(floor.config.rejects.cancelProbability)) code = RejectCode.VenueRefused;
    if (code !== 0) floor.refuse(ExecType.CancelRejected, slot, orderId, strategy, clOrdId, code);
    else this.drop(slot, ExecType.Canceled, clOrdId, floor.own.clOrdId[slot]);
  }

  /** The time of a GTD order has come, if it is still here. */
  expire(orderId: number): void {
    const { own } = this.floor;
    const slot = own.slotOf(orderId);
    if (slot > 0 && own.state[slot] !== OwnState.InFlight && own.timeInForce[slot] === TimeInForce.Gtd)
      this.drop(slot, ExecType.Expired, 0, 0);
  }

  /** The session is over: Day orders that are here expire, in the order of their OrderIDs' slots. */
  endOfDay(): void {
    const { own } = this.floor;
    for (let slot = 1; slot <= own.slots; slot++) {
      if (own.state[slot] <= OwnState.InFlight || own.timeInForce[slot] !== TimeInForce.Day) continue;
      this.drop(slot, ExecType.Expired, 0, 0);
    }
  }

  /** Behind an event that changed the book: icebergs show their next part, triggered stops act. */
  finishEvent(): void {
    const { floor } = this;
    const { own } = floor;
    for (let i = 0; i < floor.pendingCount; i++) {
      const slot = floor.pending[i];
      if (own.state[slot] === OwnState.Refresh) {
        floor.rest(slot);
        floor.changed(slot, ExecType.Restated, 0);
      } else if (own.state[slot] === OwnState.Triggered) {
        own.state[slot] = OwnState.Loose;
        own.type[slot] = own.type[slot] === OrdType.Stop ? OrdType.Market : OrdType.Limit;
        floor.changed(slot, ExecType.Triggered, 0);
        this.enter(slot);
      }
    }
    floor.pendingCount = 0;
  }

  /** The touch may have moved: pegged orders follow it, each at most once, and lose their place. */
  repeg(instrument: number): void {
    const { floor, triggers } = this;
    const { own } = floor;
    if (this.closed[instrument] === 1 || floor.isUnmatched(instrument)) return;
    const count = this.collect(instrument, OrdType.Pegged);
    for (let i = 0; i < count; i++) {
      const slot = this.scratch[i];
      if (own.state[slot] !== OwnState.Resting) continue; // taken out by another one's move
      const key = triggers.pegKey(slot);
      if (key === Number.NEGATIVE_INFINITY || key === own.key[slot]) continue;
      own.unlink(slot);
      own.key[slot] = key;
      this.settle(slot, ExecType.Restated, 0);
    }
  }

  /** Resting orders of the instrument into `scratch`, of one type or (0) of all: the lists change while they act. */
  private collect(instrument: number, type: number): number {
    const { own } = this.floor;
    if (own.listed[instrument] > this.scratch.length) this.scratch = new Int32Array(own.listed[instrument] * 2);
    let count = 0;
    for (let side = instrument * 2; side < instrument * 2 + 2; side++) {
      for (let slot = own.restHead[side]; slot !== NO_SLOT; slot = own.next[slot]) {
        if (type === 0 || own.type[slot] === type) this.scratch[count++] = slot;
      }
    }
    return count;
  }

  /** An order that was accepted takes what it can; the rest rests, or is over. */
  enter(slot: number): void {
    const { floor } = this;
    const { own } = floor;
    const canTrade = this.canTrade(slot);
    if (own.timeInForce[slot] === TimeInForce.Fok && !(canTrade && this.taking.canFillWhole(slot))) {
      floor.end(slot, ExecType.Canceled, RejectCode.VenueNotFilled);
      return;
    }
    if ((own.flags[slot] & OrderFlag.PostOnly) !== 0 && canTrade && this.taking.wouldTake(slot)) {
      if (floor.config.postOnly === 'reject') {
        floor.end(slot, ExecType.Canceled, RejectCode.VenueWouldTake);
        return;
      }
      this.makePassive(slot);
      floor.changed(slot, ExecType.Restated, 0);
    }
    const id = own.orderId[slot];
    if (canTrade && !this.taking.take(slot)) return;
    if (own.slotOf(id) !== slot) return; // filled
    if (this.rests(slot)) {
      floor.rest(slot);
      if (!canTrade) this.reopens[own.side[slot] >> 1] = 1;
    } else {
      const code = this.isClosed(slot) ? RejectCode.VenueHalted : RejectCode.VenueNoLiquidity;
      floor.end(slot, ExecType.Canceled, own.timeInForce[slot] === TimeInForce.Ioc && canTrade ? 0 : code);
    }
  }

  /** Why a new order is refused, or 0. */
  private refusal(slot: number): number {
    const { floor, taking } = this;
    const { own, config } = floor;
    const instrument = own.side[slot] >> 1;
    if (floor.books.ladders.kindOf(instrument) === 0) return RejectCode.VenueUnsupported;
    if (this.draw(config.rejects.newProbability)) return RejectCode.VenueRefused;
    const timeInForce = own.timeInForce[slot];
    if (timeInForce === TimeInForce.Gtd && own.expireNs[slot] <= floor.venueNs) return RejectCode.VenueTooLate;
    const type = own.type[slot];
    const isStop = type === OrdType.Stop || type === OrdType.StopLimit;
    if (this.isClosed(slot)) {
      if (config.whenHalted === 'refuse' || (!isStop && !this.rests(slot))) return RejectCode.VenueHalted;
    }
    if (isStop) return 0;
    if (type === OrdType.Pegged) {
      const key = this.triggers.pegKey(slot);
      if (key === Number.NEGATIVE_INFINITY) return RejectCode.VenueNoLiquidity;
      own.key[slot] = key;
    }
    if (!this.canTrade(slot)) return this.rests(slot) ? 0 : RejectCode.VenueNoLiquidity;
    if (timeInForce === TimeInForce.Fok && !taking.canFillWhole(slot)) return RejectCode.VenueNotFilled;
    if (type === OrdType.Market && !taking.wouldTake(slot)) return RejectCode.VenueNoLiquidity;
    const isPostOnly = (own.flags[slot] & OrderFlag.PostOnly) !== 0;
    if (isPostOnly && config.postOnly === 'reject' && taking.wouldTake(slot)) return RejectCode.VenueWouldTake;
    return 0;
  }

  /** The order becomes what was asked for; returns why not, or 0. */
  private change(slot: number, clOrdId: number, qty: number, price: number): number {
    const { floor, triggers } = this;
    const { own } = floor;
    const orig = own.clOrdId[slot];
    const state = own.state[slot];
    const asked = price > 0 ? ((own.side[slot] & 1) === 0 ? price : 0 - price) : own.limitKey[slot];
    const leaves = own.leaves[slot] + (qty - own.qty[slot]);
    if (state === OwnState.Waiting || state === OwnState.Triggered) {
      if (own.type[slot] === OrdType.StopLimit) own.key[slot] = own.limitKey[slot] = asked;
      this.resize(slot, clOrdId, qty, leaves);
      floor.changed(slot, ExecType.Replaced, orig);
      return 0;
    }
    const before = own.key[slot];
    const limitBefore = own.limitKey[slot];
    own.limitKey[slot] = asked;
    own.key[slot] = own.type[slot] === OrdType.Pegged ? triggers.pegKey(slot) : asked;
    if (own.key[slot] === Number.NEGATIVE_INFINITY) own.key[slot] = before;
    if (own.key[slot] === before && leaves <= own.leaves[slot]) {
      this.resize(slot, clOrdId, qty, leaves);
      own.shown[slot] = Math.min(own.shown[slot], leaves);
      floor.changed(slot, ExecType.Replaced, orig);
      return 0;
    }
    const isPostOnly = (own.flags[slot] & OrderFlag.PostOnly) !== 0;
    if (isPostOnly && floor.config.postOnly === 'reject' && this.canTrade(slot) && this.taking.wouldTake(slot)) {
      own.key[slot] = before;
      own.limitKey[slot] = limitBefore;
      return RejectCode.VenueWouldTake;
    }
    own.unlink(slot);
    this.resize(slot, clOrdId, qty, leaves);
    this.settle(slot, ExecType.Replaced, orig);
    return 0;
  }

  /** An order that left its place takes what its new price reaches, and rests at the back. */
  private settle(slot: number, execType: number, origClOrdId: number): void {
    const { floor } = this;
    if (this.canTrade(slot) && this.taking.wouldTake(slot)) {
      floor.changed(slot, execType, origClOrdId);
      this.enter(slot);
    } else {
      floor.rest(slot);
      this.reopens[floor.own.side[slot] >> 1] |= this.canTrade(slot) ? 0 : 1;
      floor.changed(slot, execType, origClOrdId);
    }
  }

  private resize(slot: number, clOrdId: number, qty: number, leaves: number): void {
    const { own } = this.floor;
    own.clOrdId[slot] = clOrdId;
    own.qty[slot] = qty;
    own.leaves[slot] = leaves;
  }

  /** Ends an order that is here. */
  private drop(slot: number, execType: number, clOrdId: number, origClOrdId: number): void {
    this.floor.end(slot, execType, 0, clOrdId, origClOrdId);
  }

  private makePassive(slot: number): void {
    const { floor } = this;
    const { own } = floor;
    own.key[slot] = 0 - this.taking.firstKey(slot) - floor.tick[own.side[slot] >> 1];
  }

  private rests(slot: number): boolean {
    const { own } = this.floor;
    const timeInForce = own.timeInForce[slot];
    return own.type[slot] !== OrdType.Market && timeInForce !== TimeInForce.Ioc && timeInForce !== TimeInForce.Fok;
  }

  /** Why a request that names an order can't be carried out, or 0. */
  private absence(slot: number): number {
    if (slot === 0) return RejectCode.VenueUnknownOrder;
    return slot < 0 ? RejectCode.VenueTooLate : 0;
  }

  private isClosed(slot: number): boolean {
    return this.closed[this.floor.own.side[slot] >> 1] === 1;
  }

  private canTrade(slot: number): boolean {
    return !this.isClosed(slot) && !this.floor.isUnmatched(this.floor.own.side[slot] >> 1);
  }

  /** Draws only where there is a chance: so that other settings change nothing. */
  private draw(probability: number): boolean {
    return probability > 0 && this.random.unit() < probability;
  }
}

/**
 * A seeded generator of book commands, good ones and bad ones, for Books and their naive twin. What it draws depends on
 * the twin's state, so that most commands refer to orders and levels that exist.
 */
import { EventFlag, EventKind, Side } from '../../src/core/event.ts';
import { BookKind } from '../../src/core/instrument-def.ts';
import { Prng } from '../../src/core/prng.ts';
import type { NaiveBooks, NaiveCommand } from './naive-books.ts';

export interface CommandProfile {
  readonly instruments: number;
  /** Of these, so many in a hundred are by-level. */
  readonly l2Percent: number;
  /** Prices are centre - spread .. centre + spread. */
  readonly priceCentre: number;
  readonly priceSpread: number;
  readonly maxQty: number;
  /** Live orders around which adding and removing balance. */
  readonly liveOrders: number;
  readonly ids: 'dense' | 'sparse' | 'colliding' | 'huge';
  /** Bad commands in a thousand. */
  readonly badPerMille: number;
  /** Clears, window drops, redefinitions in ten thousand: each costs the books a look at every order. */
  readonly rarePer10k: number;
}

/** One instrument around whose touch a lot happens. */
export const BUSY: CommandProfile = {
  instruments: 1,
  l2Percent: 0,
  priceCentre: 1_000_000,
  priceSpread: 300,
  maxQty: 1_000,
  liveOrders: 200,
  ids: 'dense',
  badPerMille: 20,
  rarePer10k: 5,
};

export class BookCommands {
  readonly command: NaiveCommand = blank();
  readonly random: Prng;
  private readonly profile: CommandProfile;
  private readonly twin: NaiveBooks;
  private nextId = 1;
  private defined = 0;
  /** An instrument that was redefined to the other kind of book, soon to be changed back; or -1. */
  private flipped = -1;

  constructor(seed: number, profile: CommandProfile, twin: NaiveBooks) {
    this.random = new Prng(seed);
    this.profile = profile;
    this.twin = twin;
  }

  /** Draws the next command into `command`. */
  next(): NaiveCommand {
    Object.assign(this.command, blank());
    const { random, profile } = this;
    if (this.defined < profile.instruments && (this.defined === 0 || random.below(3) === 0))
      this.define(this.defined++);
    else if (this.flipped >= 0 && random.below(300) === 0) this.flip(this.flipped);
    else if (random.below(10_000) < profile.rarePer10k) this.rare();
    else if (random.below(1_000) < profile.badPerMille) this.bad();
    else this.good();
    return this.command;
  }

  private good(): void {
    const { random, command: c, twin, profile } = this;
    c.instrument = this.instrument();
    c.flags = EventFlag.Last;
    c.side = 1 + random.below(2);
    c.price = this.price();
    c.qty = this.qty();
    if (twin.books.get(c.instrument)!.def.bookKind === BookKind.L2) {
      c.kind = EventKind.Level;
      c.orderId = random.below(20);
      if (random.below(10) === 0) c.qty = 0;
      if (random.below(2) === 0) this.aimAtLevel();
      return;
    }
    const draw = random.below(100);
    if (draw < 3) this.anonymous();
    else if (draw < 45 || twin.live.length === 0) this.add();
    else if (twin.live.length < profile.liveOrders && draw < 55) this.add();
    else this.touchOrder(draw);
  }

  private add(): void {
    this.command.kind = EventKind.Add;
    this.command.orderId = this.newId();
  }

  private touchOrder(draw: number): void {
    const { random, command: c } = this;
    const order = this.aimAtOrder();
    c.id2 = random.u32();
    if (draw < 75) {
      c.kind = EventKind.Delete;
    } else if (draw < 85) {
      c.kind = EventKind.Replace;
      c.id2 = random.below(20) === 0 ? c.orderId : this.newId();
      c.price = random.below(4) === 0 ? order.price : this.price();
      c.qty = this.qty();
    } else {
      c.kind = draw < 93 ? EventKind.Execute : EventKind.Reduce;
      c.qty = random.below(3) === 0 ? order.qty : 1 + random.below(Math.min(order.qty, 2 ** 32));
      if (random.below(2) === 0) c.side = 0;
      else c.flags |= EventFlag.Priced;
    }
  }

  /** Quantity of orders never seen is stated, or leaves under a reference never seen. */
  private anonymous(): void {
    const { random, command: c } = this;
    if (random.below(2) === 0) this.aimAtLevel();
    if (random.below(3) > 0) {
      c.kind = EventKind.Level;
      if (random.below(3) === 0) c.qty = 0;
    } else {
      c.kind = [EventKind.Execute, EventKind.Reduce, EventKind.Delete][random.below(3)];
      c.qty = 1 + random.below(3);
      c.orderId = this.newId();
      c.flags |= EventFlag.Priced;
    }
  }

  private rare(): void {
    const { random, command: c, twin } = this;
    c.instrument = this.instrument();
    c.side = 1 + random.below(2);
    const { def } = twin.books.get(c.instrument)!;
    const draw = random.below(10);
    if (draw < 4) {
      c.kind = EventKind.Level;
      c.flags = EventFlag.Snapshot;
      c.price = this.price();
      this.aimAtLevel();
    } else if (draw < 5) {
      c.kind = EventKind.Clear;
    } else if (draw < 9) {
      if (def.bookKind === BookKind.L3 || def.priceDecimals >= 4) {
        this.good();
        return;
      }
      c.kind = EventKind.Instrument;
      c.def = { ...def, priceDecimals: def.priceDecimals + 1, qtyDecimals: def.qtyDecimals + 1 };
    } else if (this.flipped < 0) {
      this.flip(c.instrument);
    } else {
      this.good();
    }
  }

  /** By order becomes by level, or back: the book is emptied. */
  private flip(instrument: number): void {
    const { def } = this.twin.books.get(instrument)!;
    const bookKind = def.bookKind === BookKind.L2 ? BookKind.L3 : BookKind.L2;
    this.command.kind = EventKind.Instrument;
    this.command.def = { ...def, bookKind };
    this.flipped = this.flipped < 0 ? instrument : -1;
  }

  private bad(): void {
    const { random, command: c, twin } = this;
    c.instrument = this.instrument();
    c.side = 1 + random.below(2);
    c.price = this.price();
    c.qty = this.qty();
    c.orderId = this.newId();
    c.kind = [EventKind.Add, EventKind.Execute, EventKind.Reduce, EventKind.Delete, EventKind.Replace][random.below(5)];
    switch (random.below(8)) {
      case 0: // unknown order (or a plain add)
        break;
      case 1: // duplicate
        if (twin.live.length > 0) c.orderId = this.aimAtOrder().id;
        c.kind = EventKind.Add;
        break;
      case 2: // over-reduction
        if (twin.live.length > 0) c.qty = this.aimAtOrder().qty + 1 + random.below(1_000);
        break;
      case 3: // an order of another instrument
        if (twin.live.length > 0) this.aimAtOrder();
        c.instrument = this.instrument();
        break;
      case 4: // no quantity
        if (twin.live.length > 0) this.aimAtOrder();
        c.qty = [0, -1, Number.NaN][random.below(3)];
        break;
      case 5: // no such instrument
        c.instrument = this.defined + random.below(100_000);
        c.kind = random.below(2) === 0 ? c.kind : random.below(2) === 0 ? EventKind.Level : EventKind.Clear;
        c.flags = random.below(2) * EventFlag.Priced;
        break;
      case 6: // no such side
        c.side = [0, 3, 255][random.below(3)];
        c.kind = random.below(2) === 0 ? EventKind.Add : EventKind.Level;
        break;
      default: // changes no book
        c.kind = EventKind.Trade + random.below(5);
        break;
    }
    if (c.kind === EventKind.Replace) {
      c.id2 =
        random.below(2) === 0 && twin.live.length > 0 ? twin.live[random.below(twin.live.length)].id : this.newId();
    }
  }

  private define(instrument: number): void {
    const l2 = this.random.below(100) < this.profile.l2Percent;
    this.command.kind = EventKind.Instrument;
    this.command.instrument = instrument;
    const bookKind = l2 ? BookKind.L2 : BookKind.L3;
    this.command.def = { instrument, symbol: `S${instrument}`, bookKind, priceDecimals: 2, qtyDecimals: 0 };
  }

  private aimAtOrder(): { id: number; price: number; qty: number } {
    const { live } = this.twin;
    const order = live[this.random.below(live.length)];
    const { command: c } = this;
    c.instrument = order.instrument;
    c.side = order.side;
    c.price = order.price;
    c.qty = order.qty;
    c.orderId = order.id;
    return order;
  }

  /** The price of a level of the command's side, where it has any. */
  private aimAtLevel(): void {
    const { command: c, random } = this;
    const book = this.twin.books.get(c.instrument)!;
    const prices = (c.side === Side.Bid ? book.bids : book.asks).keys();
    let skip = random.below(4);
    for (const price of prices) {
      c.price = price;
      if (skip-- === 0) return;
    }
  }

  /** Few instruments get most of the commands. */
  private instrument(): number {
    const { random } = this;
    const n = this.defined;
    return random.below(3) === 0 ? random.below(n) : Math.floor(n * random.unit() ** 6);
  }

  private price(): number {
    const { priceCentre, priceSpread } = this.profile;
    const { random } = this;
    if (random.below(4) === 0) return priceCentre + Math.floor((random.unit() * 2 - 1) * priceSpread);
    return priceCentre + Math.floor((random.unit() * 2 - 1) * Math.min(priceSpread, 8));
  }

  private qty(): number {
    const { random } = this;
    return (
      1 +
      Math.floor(random.unit() * (random.below(10) === 0 ? this.profile.maxQty : Math.min(500, this.profile.maxQty)))
    );
  }

  private newId(): number {
    const { random, nextId } = this;
    this.nextId++;
    switch (this.profile.ids) {
      case 'dense':
        return nextId * 2 + random.below(2);
      case 'sparse':
        return nextId * 1_000 + random.below(1_000);
      case 'colliding': // the same low bits over and over
        return (nextId % 2) * 16_384 * nextId + (nextId % 3) * nextId + (nextId % 5 === 0 ? 2 ** 32 * nextId : 0);
      default:
        return 2 ** 53 - 1 - nextId * (nextId % 7 === 0 ? 2 ** 21 : 3) - random.below(3);
    }
  }
}

function blank(): NaiveCommand {
  return { kind: 0, side: 0, flags: 0, instrument: 0, price: 0, qty: 0, orderId: 0, id2: 0 };
}

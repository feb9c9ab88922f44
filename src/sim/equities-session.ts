/**
 * One equities session as a venue would run it: the instruments, who trades when, and what the venue publishes of it as
 * ITCH. What happens at which time of the day is in equities-day.ts.
 */
import { assert } from '../core/assert.ts';
import { Agenda } from './agenda.ts';
import { type Indication, indicate, uncross } from './auction.ts';
import { Dice } from './dice.ts';
import { LISTINGS, type Listing } from './equities-listings.ts';
import { ItchWriter } from './itch-writer.ts';
import { Market } from './market.ts';
import { type BookEvents, BUY, MatchingBook, type Numbers, type Order } from './matching.ts';

export const SECOND = 1e9;
export const MINUTE = 60 * SECOND;

/** ns since midnight of a time of day. */
export function clock(hours: number, minutes: number, seconds = 0): number {
  return (hours * 3600 + minutes * 60 + seconds) * SECOND;
}

export const ENTRY_STARTS = clock(4, 0);
export const OPEN = clock(9, 30);
export const CLOSE = clock(16, 0);
export const ENTRY_ENDS = clock(20, 0);

/** idle: nobody may enter orders; call: they rest for an auction; halted: only cancels. */
export type Phase = 'idle' | 'call' | 'continuous' | 'halted' | 'afterHours';

export interface Tally {
  count: number;
  qty: number;
}

export class Instrument {
  readonly locate: number;
  readonly symbol: string;
  readonly listing: Listing;
  readonly book: MatchingBook;
  readonly market: Market;
  phase: Phase = 'idle';
  /** E and printable C; P; Q; B. */
  readonly executed: Tally = { count: 0, qty: 0 };
  readonly hidden: Tally = { count: 0, qty: 0 };
  readonly crossed: Tally = { count: 0, qty: 0 };
  readonly broken: Tally = { count: 0, qty: 0 };
  /** Match number and quantity of the latest E. */
  lastMatch = { match: 0, qty: 0 };
  shortSaleRestricted = false;

  constructor(
    locate: number,
    listing: Listing,
    events: (instrument: Instrument) => BookEvents,
    venue: Numbers,
    dice: Dice,
  ) {
    this.locate = locate;
    this.symbol = listing.directory.symbol;
    this.listing = listing;
    this.book = new MatchingBook(events(this), venue);
    this.market = new Market(this.book, listing.profile, dice);
  }
}

export class EquitiesSession {
  readonly writer = new ItchWriter();
  readonly agenda = new Agenda();
  readonly dice: Dice;
  readonly instruments: Instrument[];
  /** Bursts of activity, relative to the usual. */
  private readonly activity: number;
  private readonly totalWeight: number;
  private ref = 10_000;
  private match = 1_000;

  constructor(seed: number, activity: number) {
    this.dice = new Dice(seed);
    this.activity = activity;
    this.instruments = LISTINGS.map(
      (listing, index) => new Instrument(index + 1, listing, (instrument) => this.publish(instrument), this, this.dice),
    );
    this.totalWeight = LISTINGS.reduce((sum, listing) => sum + listing.weight, 0);
  }

  nextRef(): number {
    // Other products of the venue draw from the same numbers: holes, but always increasing.
    return (this.ref += this.dice.chance(0.7) ? 1 : this.dice.between(2, 6));
  }

  find(symbol: string): Instrument {
    const found = this.instruments.find((instrument) => instrument.symbol === symbol);
    assert(found !== undefined, `${symbol} is listed`);
    return found;
  }

  /** Runs the day from the first order to the last; everything scripted must be on the agenda. */
  run(): void {
    const setClock = (at: number) => {
      if (at > this.writer.now) this.writer.now = at;
    };
    let next = ENTRY_STARTS;
    while (next < ENTRY_ENDS) {
      this.agenda.runUntil(next, setClock);
      setClock(next);
      this.burst(this.pickInstrument());
      next =
        this.writer.now + Math.floor((SECOND * this.dice.exponential()) / (this.burstsPerSecond(next) * this.activity));
    }
    this.agenda.runUntil(Number.POSITIVE_INFINITY, setClock);
  }

  /** A few actions within microseconds, as they come: one starts the next. */
  burst(instrument: Instrument): void {
    if (instrument.phase === 'idle') return;
    const { market, phase } = instrument;
    market.fair.advance(this.writer.now / SECOND, volatilityAt(this.writer.now));
    for (let actions = 1 + this.dice.tail(2.2, 40); actions > 0; actions--) {
      if (phase === 'continuous') market.trade();
      else if (phase === 'call') market.call();
      else if (phase === 'halted') market.whileHalted();
      else market.afterHours();
      this.writer.now += this.dice.scale(8, 16);
    }
  }

  /** Holds an auction and goes on to continuous trading. */
  reopen(instrument: Instrument, crossType: string): void {
    const { book, market } = instrument;
    const outcome = uncross(book, market.interest, this.reference(instrument));
    market.interest = [];
    const shares = outcome === null ? 0 : outcome.paired;
    this.writer.crossTrade(instrument.locate, instrument.symbol, shares, outcome?.price ?? 0, ++this.match, crossType);
    if (outcome !== null) count(instrument.crossed, shares);
    if (instrument.phase !== 'afterHours') instrument.phase = 'continuous';
    book.continuous = true;
    book.checkInvariants();
  }

  /** Stops trading; the message that says so is the caller's. */
  stop(instrument: Instrument, phase: 'halted' | 'call'): void {
    instrument.phase = phase;
    instrument.book.continuous = false;
  }

  /** A net order imbalance indicator of the auction to come. */
  indicate(instrument: Instrument, crossType: string): void {
    const { book, market } = instrument;
    const reference = this.reference(instrument);
    const near = indicate(book, market.interest, reference);
    const far = crossType === 'H' ? null : indicate(EMPTY_BOOK, market.interest, reference);
    this.writer.imbalance(instrument.locate, instrument.symbol, {
      paired: near?.paired ?? 0,
      imbalance: near?.imbalance ?? 0,
      direction: near === null ? 'O' : near.imbalance === 0 ? 'N' : near.direction === BUY ? 'B' : 'S',
      far: far?.price ?? 0,
      near: near?.price ?? 0,
      reference,
      crossType,
      variation: variationOf(near, reference),
    });
  }

  tradingAction(instrument: Instrument, state: string, reason = ''): void {
    this.writer.tradingAction(instrument.locate, instrument.symbol, state, reason);
  }

  /** Last price, or the price the day starts from. */
  reference(instrument: Instrument): number {
    return instrument.book.lastPrice || instrument.listing.profile.startPrice;
  }

  /** Busts an execution, as `lastMatch` showed it. */
  breakTrade(instrument: Instrument, trade: { readonly match: number; readonly qty: number }): void {
    assert(trade.match !== 0, 'there is a trade to break');
    this.writer.broken(instrument.locate, trade.match);
    count(instrument.broken, trade.qty);
  }

  private pickInstrument(): Instrument {
    let at = this.dice.unit() * this.totalWeight;
    for (const instrument of this.instruments) {
      at -= instrument.listing.weight;
      if (at < 0) return instrument;
    }
    return this.instruments[0];
  }

  private burstsPerSecond(now: number): number {
    if (now < OPEN) {
      const toOpen = (OPEN - now) / SECOND;
      return 0.1 + 16 / (1 + toOpen / 30);
    }
    if (now >= CLOSE) return 0.1 + 4 / (1 + (now - CLOSE) / (60 * SECOND));
    const day = (now - OPEN) / (CLOSE - OPEN);
    const edge = (2 * day - 1) * (2 * day - 1);
    return 2 + 3 * edge * edge + 10 / (1 + day * 80) + 6 / (1 + (1 - day) * 80);
  }

  /** What the venue says of one instrument's book. */
  private publish(instrument: Instrument): BookEvents {
    const { writer } = this;
    const { locate, symbol } = instrument;
    return {
      added: (order: Order) => writer.add(locate, symbol, order),
      executed: (order: Order, qty: number, price: number) => {
        this.match++;
        count(instrument.executed, qty);
        if (price === order.price) {
          writer.executed(locate, order.ref, qty, this.match);
          instrument.lastMatch = { match: this.match, qty };
        } else writer.executedAtPrice(locate, order.ref, qty, this.match, true, price);
        this.restrictShortSales(instrument, price);
      },
      hiddenExecuted: (_order: Order, qty: number, price: number) => {
        count(instrument.hidden, qty);
        writer.hiddenTrade(locate, symbol, qty, price, ++this.match);
      },
      crossed: (order: Order, qty: number, price: number) =>
        writer.executedAtPrice(locate, order.ref, qty, ++this.match, false, price),
      reduced: (order: Order, qty: number) => writer.cancelled(locate, order.ref, qty),
      deleted: (order: Order) => writer.deleted(locate, order.ref),
      replaced: (old: Order, order: Order) => writer.replaced(locate, old.ref, order),
    };
  }

  /** Regulation SHO rule 201: 10 % below the previous close restricts short sales. */
  private restrictShortSales(instrument: Instrument, price: number): void {
    if (instrument.shortSaleRestricted || price * 10 > instrument.listing.profile.startPrice * 9) return;
    instrument.shortSaleRestricted = true;
    this.writer.shortSaleRestriction(instrument.locate, instrument.symbol, '1');
  }
}

const EMPTY_BOOK = new MatchingBook(
  {
    added: () => {},
    executed: () => {},
    hiddenExecuted: () => {},
    crossed: () => {},
    reduced: () => {},
    deleted: () => {},
    replaced: () => {},
  },
  { nextRef: () => 0 },
);

function count(tally: Tally, qty: number): void {
  tally.count++;
  tally.qty += qty;
}

/** Volatility by time of day: a burst at the open, less at noon, more towards the close. */
function volatilityAt(now: number): number {
  if (now < OPEN || now >= CLOSE) return 0.4;
  const day = (now - OPEN) / (CLOSE - OPEN);
  return 0.7 + 2.5 / (1 + day * 60) + 1.2 / (1 + (1 - day) * 60);
}

/** ITCH "price variation indicator": how far the near price is from the reference, in per cent. */
function variationOf(near: Indication | null, reference: number): string {
  if (near === null) return '';
  const percent = Math.floor((Math.abs(near.price - reference) * 100) / reference);
  if (percent === 0) return 'L';
  if (percent < 10) return String(percent);
  return percent < 20 ? 'A' : percent < 30 ? 'B' : 'C';
}

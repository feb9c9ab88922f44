/**
 * Reconciliation: whether what a venue has is what the log says. It begins whenever the gateway has connected and every
 * instrument of the venue is known: every open order is asked about, and everything that the venue has is told (open orders,
 * positions or balances). Then requests that the venue never got are closed, and the two sides are compared (differences.ts).
 * What changed meanwhile may look like a difference, so the venue is asked up to MAX_ATTEMPTS times; what differs then stands
 * in the log, a line each, and nothing but cancels leaves until it is gone: by a late report, or when the venue connects
 * again, or somebody sets the trading state to active.
 */
import type { Books } from '../../book/books.ts';
import { type LiveIdentity, placeOf } from '../../config/live-identity.ts';
import { ExecReport } from '../../core/exec-report.ts';
import { ExecType, RejectCode } from '../../core/order.ts';
import { VenueStanding } from '../../core/record.ts';
import { plural } from '../../core/text.ts';
import { GatewayStanding } from '../../gateway/venue-message.ts';
import { OrderMark } from '../../oms/orders.ts';
import { differencesOf } from './differences.ts';
import type { EngineClock, TradingParts, VenueOutlet } from './trading.ts';
import type { VenueAccount } from './venue-account.ts';

/** So often the venue is asked for all that it has before a difference is one. */
const MAX_ATTEMPTS = 3;
/** So many differences of a venue stand in the log. */
const MAX_LINES = 20;

export type VenueParts = Omit<TradingParts, 'standing' | 'venues'> & { readonly books: Books };

export class Reconciliation {
  /** How many were begun, over all venues; each has its number. */
  count = 0;
  /** ClOrdIDs at the venue begin with it. */
  readonly prefix: string;
  private readonly live: LiveIdentity;
  private readonly parts: VenueParts;
  private readonly clock: EngineClock;
  private readonly outlet: VenueOutlet | null;
  private readonly tell: (line: string) => void;
  /** By instrument: index of its account, or -1. */
  private readonly accountOf: readonly number[];
  private readonly conclusion = new ExecReport();

  constructor(
    live: LiveIdentity,
    parts: VenueParts,
    clock: EngineClock,
    outlet: VenueOutlet | null,
    tell: (line: string) => void,
    accountOf: readonly number[],
  ) {
    this.live = live;
    this.parts = parts;
    this.clock = clock;
    this.outlet = outlet;
    this.tell = tell;
    this.accountOf = accountOf;
    this.prefix = `th${live.tag}-`;
  }

  /** Asks the venue for all that it has; once every instrument of it is known. */
  begin(account: VenueAccount): void {
    const { oms } = this.parts;
    const { orders } = oms;
    const { outlet } = this;
    const missing = this.missing(account);
    if (missing.length > 0) {
      account.isMatched = false;
      account.isSettled = false;
      account.isWaiting = true;
      this.say(account, VenueStanding.Reconciling, `waits for the first book of ${missing.join(', ')}`);
      return;
    }
    account.begin(++this.count, oms.upcomingClOrdId(), this.clock.nowNs);
    account.attempts++;
    const open = this.openAt(account);
    if (account.attempts === 1) {
      account.differences = [];
      this.say(
        account,
        VenueStanding.Reconciling,
        `what it has is compared with the log, ${plural(open.length, 'open order')}`,
      );
    }
    for (const orderId of open) {
      outlet?.query(orders, orderId);
    }
    outlet?.reconcile(account.index, account.number);
  }

  /** The venue has told everything: compares it with the log. */
  review(account: VenueAccount): void {
    this.conclude(account);
    const differences = differencesOf({
      account,
      books: this.parts.books,
      oms: this.parts.oms,
      orders: this.openAt(account),
      instruments: this.instrumentsOf(account),
      positionLots: (instrument) => this.positionLots(instrument),
      prefix: this.prefix,
    });
    if (differences.length === 0) {
      account.isMatched = true;
      account.differences = [];
      account.ledger.setBaselines(account.balances);
      const others =
        account.foreignOrders === 0 ? '' : `; ${plural(account.foreignOrders, 'open order')} there are none of ours`;
      this.say(
        account,
        VenueStanding.Agrees,
        `agrees with the log, ${plural(account.open.length, 'open order')} of ours${others}`,
      );
      return;
    }
    if (account.attempts < MAX_ATTEMPTS && account.standing !== GatewayStanding.Down) {
      this.begin(account);
      return;
    }
    if (differences.join('\n') === account.differences.join('\n')) return;
    account.differences = differences;
    for (const line of differences.slice(0, MAX_LINES)) this.say(account, VenueStanding.Differs, line);
    const more = differences.length - MAX_LINES;
    if (more > 0) this.say(account, VenueStanding.Differs, `${more} more differences`);
  }

  /** Closes what the venue has shown to be so without a report: orders that it has, requests that it never got. */
  private conclude(account: VenueAccount): void {
    const { orders } = this.parts.oms;
    for (const orderId of this.openAt(account)) {
      const clOrdId = orders.clOrdId[orderId];
      const open = account.openUnder(clOrdId);
      const cancel = orders.cancelClOrdId[orderId];
      const isOldCancel = cancel !== 0 && cancel < account.firstClOrdId;
      if (open === undefined) {
        // Executed whole before the cancel came, whose answer was lost.
        if (isOldCancel && orders.leavesQtyLots[orderId] === 0) {
          this.concludeThat(orderId, ExecType.CancelRejected, cancel, RejectCode.VenueTooLate);
        }
        continue;
      }
      if ((orders.marks[orderId] & OrderMark.Acknowledged) === 0) this.concludeThat(orderId, ExecType.New, clOrdId, 0);
      const replace = orders.replaceClOrdId[orderId];
      if (isOldCancel) {
        this.concludeThat(orderId, ExecType.CancelRejected, cancel, RejectCode.VenueNeverHad);
      }
      const isUnchanged = open.qtyLots === orders.qtyLots[orderId] && open.priceTicks === orders.priceTicks[orderId];
      if (replace !== 0 && replace < account.firstClOrdId && isUnchanged) {
        this.concludeThat(orderId, ExecType.ReplaceRejected, replace, RejectCode.VenueNeverHad);
      }
    }
  }

  /** A report of our own making, as the venue would have sent it. */
  private concludeThat(orderId: number, execType: number, clOrdId: number, code: number): void {
    const { conclusion } = this;
    const { orders } = this.parts.oms;
    conclusion.clear();
    conclusion.execType = execType;
    conclusion.orderId = orderId;
    conclusion.clOrdId = clOrdId;
    conclusion.origClOrdId = execType === ExecType.New ? 0 : orders.clOrdId[orderId];
    conclusion.cumQtyLots = orders.cumQtyLots[orderId];
    conclusion.leavesQtyLots = orders.leavesQtyLots[orderId];
    conclusion.venueNs = this.clock.nowNs;
    conclusion.queueAheadLots = -1;
    conclusion.rejectCode = code;
    conclusion.causeSeq = this.parts.desk.cause;
    this.parts.events.onReport(conclusion);
  }

  /** Open orders that left for the venue, ascending. */
  openAt(account: VenueAccount): number[] {
    const { oms, host } = this.parts;
    const { orders } = oms;
    const found: number[] = [];
    for (let strategy = 0; strategy < host.count; strategy++) {
      for (let orderId = oms.firstOpenOf(strategy); orderId !== 0; orderId = oms.nextOpenOf(orderId)) {
        const isSent = (orders.marks[orderId] & OrderMark.Sent) !== 0;
        if (isSent && this.accountOf[orders.instrument[orderId]] === account.index) found.push(orderId);
      }
    }
    return found.sort((a, b) => a - b);
  }

  /** Symbols of the venue that have no book yet: what it has of them could not be told. */
  missing(account: VenueAccount): string[] {
    const { symbols } = this.live.venues[account.index];
    const { defs } = this.parts.books;
    const known = new Set(this.instrumentsOf(account).map((i) => placeOf(this.live, defs[i]?.symbol ?? '').symbol));
    return symbols.filter((symbol) => !known.has(symbol));
  }

  private instrumentsOf(account: VenueAccount): number[] {
    return this.accountOf.flatMap((index, instrument) => (index === account.index ? [instrument] : []));
  }

  private positionLots(instrument: number): number {
    const { host, positions } = this.parts;
    let lots = 0;
    for (let strategy = 0; strategy < host.count; strategy++) lots += positions.qtyLots(strategy, instrument);
    return lots;
  }

  /** A line in the log and in front of people: how the venue stands. */
  say(account: VenueAccount, standing: VenueStanding, text: string): void {
    const { journal, desk } = this.parts;
    journal.venueStanding(account.index, standing, text, desk.cause);
    this.tell(`${account.name}: ${text}`);
  }
}

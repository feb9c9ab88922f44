/**
 * Where the engine and its live venues stand with each other. Orders may leave for a venue only while its gateway says that
 * they are taken and after what the venue has was found to agree with the log.
 *
 * Reconciliation begins whenever the gateway has connected and every instrument of the venue is known: every open order is asked about, and everything that the venue has
 * is told (open orders, positions or balances). Then requests that the venue never got are closed, and the two sides are compared
 * (reconcile.ts). What changed meanwhile may look like a difference, so the venue is asked up to MAX_ATTEMPTS times; what differs
 * then stands in the log, a line each, and nothing but cancels leaves until it is gone: by a late report, or when the venue
 * connects again, or somebody sets the trading state to active.
 *
 * A cancel that the engine itself wants while no connection is there waits for the connection.
 */
import type { Books } from '../../book/books.ts';
import { holdsPositions, type LiveIdentity, placeOf } from '../../config/live-identity.ts';
import { assert } from '../../core/assert.ts';
import { ExecReport } from '../../core/exec-report.ts';
import type { Fnv64 } from '../../core/hash.ts';
import type { InstrumentDef } from '../../core/instrument-def.ts';
import { ExecType, isTerminal, OrderSide, RejectCode } from '../../core/order.ts';
import { VenueStanding } from '../../core/record.ts';
import { CommissionAsset, GatewayStanding, VenueMessage } from '../../gateway/venue-message.ts';
import { OrderMark } from '../../oms/orders.ts';
import type { LiveVenue } from '../../venue/live-venue.ts';
import { differencesOf } from './reconcile.ts';
import type { EngineClock, TradingParts, VenueOutlet } from './trading.ts';
import { VenueAccount } from './venue-account.ts';
import { LocalMessage, StateWord, type VenueInput } from './venue-input.ts';

/** So often the venue is asked for all that it has before a difference is one. */
const MAX_ATTEMPTS = 3;
/** So many differences of a venue stand in the log. */
const MAX_LINES = 20;

type Parts = Omit<TradingParts, 'standing' | 'venues'> & { readonly books: Books };

/** How a venue stands, for the run's report. */
export interface VenueReport {
  readonly venue: string;
  readonly standing: string;
  readonly differences: readonly string[];
  /** Open orders on the account that are none of this log's. */
  readonly foreignOrders: number;
}

export class VenueDesk {
  readonly accounts: readonly VenueAccount[];
  private readonly live: LiveIdentity;
  private readonly parts: Parts;
  private readonly clock: EngineClock;
  private readonly venue: LiveVenue;
  private readonly outlet: VenueOutlet | null;
  private readonly tell: (line: string) => void;
  private readonly prefix: string;
  /** By instrument: index of its account, or -1. */
  private readonly accountOf: number[] = [];
  /** Orders whose cancel waits for a connection. */
  private putOff: number[] = [];
  private isFull = false;
  private reconciliations = 0;
  private readonly conclusion = new ExecReport();

  constructor(
    live: LiveIdentity,
    parts: Parts,
    clock: EngineClock,
    venue: LiveVenue,
    outlet: VenueOutlet | null,
    tell: (line: string) => void,
  ) {
    this.live = live;
    this.parts = parts;
    this.clock = clock;
    this.venue = venue;
    this.outlet = outlet;
    this.tell = tell;
    this.prefix = `th${live.tag}-`;
    this.accounts = live.venues.map(({ venue: name }, index) => new VenueAccount(index, name, holdsPositions(name)));
  }

  /** After what is kept of the instrument was rescaled. */
  define(instrument: number, def: InstrumentDef): void {
    const { venue, symbol } = placeOf(this.live, def.symbol);
    this.accountOf[instrument] = venue;
    const assets = venue < 0 ? undefined : this.live.venues[venue].assets[symbol];
    if (assets !== undefined) {
      const { priceDecimals, qtyDecimals } = def;
      this.accounts[venue].ledger.define(instrument, { ...assets, priceDecimals, qtyDecimals });
    }
    this.outlet?.define(instrument, def);
    const account = this.accounts[venue];
    if (account?.isWaiting === true && this.missing(account).length === 0) this.reconcile(account);
  }

  /** The gateways are told every instrument: of a run that goes on with its log. */
  defineAll(): void {
    for (const def of this.parts.books.defs) if (def !== undefined) this.outlet?.define(def.instrument, def);
  }

  rescale(instrument: number, priceFactor: number, qtyFactor: number): void {
    for (const account of this.accounts) account.rescale(instrument, priceFactor, qtyFactor);
  }

  /** Why a new order, or more of one, can't leave for its venue now; None where it can. */
  refusal(orderId: number): RejectCode {
    const account = this.accountOfOrder(orderId);
    if (account === null) return RejectCode.UnknownInstrument;
    if (account.standing === GatewayStanding.Down || account.standing === GatewayStanding.Failed) {
      return RejectCode.VenueDown;
    }
    if (account.standing !== GatewayStanding.Ready || !account.isMatched) return RejectCode.VenueDiffers;
    return this.isFull ? RejectCode.OutletFull : RejectCode.None;
  }

  /** Whether nothing at all can be sent about the order. */
  isDown(orderId: number): boolean {
    if (this.parts.oms.isHeld(orderId)) return false;
    return this.accountOfOrder(orderId)?.standing !== GatewayStanding.Ready;
  }

  /** Where no cancel can be sent now, it is put off until one can: true. */
  putOffCancel(orderId: number): boolean {
    if (!this.isDown(orderId)) return false;
    if (!this.putOff.includes(orderId)) this.putOff.push(orderId);
    return true;
  }

  /** A fill, or one taken back (negative), of the report under way. */
  onFill(instrument: number, side: number, qtyLots: number, pxTicks: number): void {
    const account = this.accounts[this.accountOf[instrument]];
    if (account === undefined) return;
    account.ledger.fill(instrument, side === OrderSide.Buy ? qtyLots : -qtyLots, pxTicks);
    const { commission, commissionKind } = this.venue;
    const isFollowed = commissionKind === CommissionAsset.Base || commissionKind === CommissionAsset.Quote;
    if (qtyLots > 0 && isFollowed) account.ledger.pay(instrument, commission, commissionKind === CommissionAsset.Base);
  }

  /** A report: finds whose it is, and writes its record. What the order manager makes of it follows. */
  takeReport(input: VenueInput): void {
    const { oms, journal, desk, events } = this.parts;
    const { orders } = oms;
    const { report } = input;
    report.orderId = oms.orderOf(report.clOrdId);
    const { orderId } = report;
    const instrument = orderId === 0 ? input.instrument : orders.instrument[orderId];
    desk.cause = journal.venueReport(input, orders.strategy[orderId], orders.side[orderId], instrument);
    this.venue.commission = input.commission;
    this.venue.commissionKind = input.commissionAsset;
    events.apply(report, orders.strategy[orderId]);
    this.venue.commissionKind = CommissionAsset.None;
    const account = this.accounts[input.venue];
    account?.unknown.delete(report.clOrdId);
    if (account?.isSettled === true && !account.isMatched) this.review(account);
  }

  /** Anything else. */
  takeState(input: VenueInput): void {
    const { desk, journal } = this.parts;
    desk.cause = journal.venueState(input);
    if (input.kind === LocalMessage.OutletFull || input.kind === LocalMessage.OutletRoom) {
      this.isFull = input.kind === LocalMessage.OutletFull;
      return;
    }
    const account = this.accounts[input.venue];
    if (account === undefined) return;
    const { words } = input;
    if (input.kind === VenueMessage.Standing) this.stand(account, words[StateWord.Standing], words[StateWord.Reason]);
    else if (input.kind === VenueMessage.OpenOrder) account.takeOpenOrder(input);
    else if (input.kind === VenueMessage.Position)
      account.positions.set(input.instrument, words[StateWord.PositionLots]);
    else if (input.kind === VenueMessage.Balance) account.takeBalance(input);
    else if (input.kind === VenueMessage.Unknown) {
      account.unknown.set(words[StateWord.UnknownClOrdId], words[StateWord.HttpStatus]);
      if (account.isSettled && !account.isMatched) this.review(account);
    } else if (input.kind === VenueMessage.Settled && words[StateWord.Number] === account.number) {
      account.isSettled = true;
      this.review(account);
    }
  }

  /** Somebody wants to trade again: venues that differ are compared again. */
  retry(): void {
    for (const account of this.accounts) {
      if (account.standing !== GatewayStanding.Ready || account.isMatched) continue;
      account.attempts = 0;
      this.reconcile(account);
    }
  }

  /** Orders that are open at a venue, or may be, each as a line. */
  openOrders(): string[] {
    const { oms, books } = this.parts;
    return this.accounts.flatMap((account) =>
      this.openAt(account).map((orderId) => {
        const { orders } = oms;
        const symbol = books.defs[orders.instrument[orderId]]?.symbol ?? '';
        return `${this.prefix}${orders.clOrdId[orderId]} ${symbol} at ${account.name}`;
      }),
    );
  }

  report(): VenueReport[] {
    return this.accounts.map((account) => ({
      venue: account.name,
      standing: standingText(account),
      differences: account.differences,
      foreignOrders: account.foreignOrders,
    }));
  }

  foldInto(hash: Fnv64): void {
    hash.word(this.isFull ? 1 : 0);
    hash.integer(this.reconciliations);
    for (const orderId of this.putOff) hash.integer(orderId);
    for (const account of this.accounts) account.foldInto(hash);
  }

  checkInvariants(): void {
    for (const account of this.accounts) {
      assert(!account.isMatched || account.isSettled, 'a venue agrees only after it told everything');
      assert(!account.isMatched || account.differences.length === 0, 'a venue that agrees does not differ');
    }
  }

  private stand(account: VenueAccount, standing: number, reason: number): void {
    const before = account.standing;
    account.standing = standing;
    const why = reason === 0 ? '' : ` (${reason})`;
    const wasThere = before === GatewayStanding.Reconciling || before === GatewayStanding.Ready;
    if (standing === GatewayStanding.Reconciling || (standing === GatewayStanding.Ready && !wasThere)) {
      account.attempts = 0;
      this.reconcile(account);
    }
    if (standing === GatewayStanding.Ready) {
      this.sendPutOff();
    } else if (standing !== GatewayStanding.Reconciling) {
      account.isMatched = false;
      account.isSettled = false;
      account.isWaiting = false;
      if (standing === before) return;
      const isFailed = standing === GatewayStanding.Failed;
      const kind = isFailed ? VenueStanding.Failed : VenueStanding.Down;
      this.say(account, kind, isFailed ? `takes no orders of ours${why}` : `no connection${why}; nothing leaves`);
    }
  }

  private reconcile(account: VenueAccount): void {
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
    account.begin(++this.reconciliations, oms.upcomingClOrdId(), this.clock.nowNs);
    account.attempts++;
    const open = this.openAt(account);
    if (account.attempts === 1) {
      account.differences = [];
      this.say(account, VenueStanding.Reconciling, `what it has is compared with the log, ${open.length} open orders`);
    }
    for (const orderId of open) {
      outlet?.query(orders, orderId);
    }
    outlet?.reconcile(account.index, account.number);
  }

  /** The venue has told everything. */
  private review(account: VenueAccount): void {
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
      const others = account.foreignOrders === 0 ? '' : `; ${account.foreignOrders} open orders there are none of ours`;
      this.say(
        account,
        VenueStanding.Agrees,
        `agrees with the log, ${account.open.length} open orders of ours${others}`,
      );
      return;
    }
    if (account.attempts < MAX_ATTEMPTS && account.standing !== GatewayStanding.Down) {
      this.reconcile(account);
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

  private sendPutOff(): void {
    const waiting = this.putOff;
    this.putOff = [];
    const { desk, oms } = this.parts;
    for (const orderId of waiting) if (!isTerminal(oms.orders.status[orderId])) desk.forceCancel(orderId);
  }

  /** Open orders that left for the venue, ascending. */
  private openAt(account: VenueAccount): number[] {
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
  private missing(account: VenueAccount): string[] {
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

  private accountOfOrder(orderId: number): VenueAccount | null {
    return this.accounts[this.accountOf[this.parts.oms.orders.instrument[orderId]]] ?? null;
  }

  private say(account: VenueAccount, standing: VenueStanding, text: string): void {
    const { journal, desk } = this.parts;
    journal.venueStanding(account.index, standing, text, desk.cause);
    this.tell(`${account.name}: ${text}`);
  }
}

function standingText({ standing, isMatched, isSettled }: VenueAccount): string {
  if (standing === GatewayStanding.Down) return 'down';
  if (standing === GatewayStanding.Failed) return 'failed';
  if (isMatched) return 'agrees';
  return isSettled ? 'differs' : 'reconciling';
}

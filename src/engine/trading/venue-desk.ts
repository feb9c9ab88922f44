/**
 * Where the engine and its live venues stand with each other. Orders may leave for a venue only while its gateway says that
 * they are taken and after what the venue has was found to agree with the log (reconciliation.ts).
 *
 * A cancel that the engine itself wants while no connection is there waits for the connection.
 */
import { holdsPositions, type LiveIdentity, placeOf } from '../../config/live-identity.ts';
import { assert } from '../../core/assert.ts';
import type { Fnv64 } from '../../core/hash.ts';
import type { InstrumentDef } from '../../core/instrument-def.ts';
import { isTerminal, OrderSide, RejectCode } from '../../core/order.ts';
import { VenueStanding } from '../../core/record.ts';
import { CommissionAsset, GatewayStanding, VenueMessage } from '../../gateway/venue-message.ts';
import type { LiveVenue } from '../../venue/live-venue.ts';
import { Reconciliation, type VenueParts } from './reconciliation.ts';
import type { EngineClock, VenueOutlet } from './trading.ts';
import { VenueAccount } from './venue-account.ts';
import { LocalMessage, StateWord, type VenueInput } from './venue-input.ts';

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
  private readonly parts: VenueParts;
  private readonly venue: LiveVenue;
  private readonly outlet: VenueOutlet | null;
  private readonly reconciliation: Reconciliation;
  /** By instrument: index of its account, or -1. */
  private readonly accountOf: number[] = [];
  /** Orders whose cancel waits for a connection. */
  private putOff: number[] = [];
  private isFull = false;

  constructor(
    live: LiveIdentity,
    parts: VenueParts,
    clock: EngineClock,
    venue: LiveVenue,
    outlet: VenueOutlet | null,
    tell: (line: string) => void,
  ) {
    this.live = live;
    this.parts = parts;
    this.venue = venue;
    this.outlet = outlet;
    this.reconciliation = new Reconciliation(live, parts, clock, outlet, tell, this.accountOf);
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
    if (account?.isWaiting === true && this.reconciliation.missing(account).length === 0)
      this.reconciliation.begin(account);
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
    if (account?.isSettled === true && !account.isMatched) this.reconciliation.review(account);
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
      if (account.isSettled && !account.isMatched) this.reconciliation.review(account);
    } else if (input.kind === VenueMessage.Settled && words[StateWord.Number] === account.number) {
      account.isSettled = true;
      this.reconciliation.review(account);
    }
  }

  /** Somebody wants to trade again: venues that differ are compared again. */
  retry(): void {
    for (const account of this.accounts) {
      if (account.standing !== GatewayStanding.Ready || account.isMatched) continue;
      account.attempts = 0;
      this.reconciliation.begin(account);
    }
  }

  /** Orders that are open at a venue, or may be, each as a line. */
  openOrders(): string[] {
    const { oms, books } = this.parts;
    return this.accounts.flatMap((account) =>
      this.reconciliation.openAt(account).map((orderId) => {
        const { orders } = oms;
        const symbol = books.defs[orders.instrument[orderId]]?.symbol ?? '';
        return `${this.reconciliation.prefix}${orders.clOrdId[orderId]} ${symbol} at ${account.name}`;
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
    hash.integer(this.reconciliation.count);
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
      this.reconciliation.begin(account);
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
      this.reconciliation.say(
        account,
        kind,
        isFailed ? `takes no orders of ours${why}` : `no connection${why}; nothing leaves`,
      );
    }
  }

  private sendPutOff(): void {
    const waiting = this.putOff;
    this.putOff = [];
    const { desk, oms } = this.parts;
    for (const orderId of waiting) if (!isTerminal(oms.orders.status[orderId])) desk.forceCancel(orderId);
  }

  private accountOfOrder(orderId: number): VenueAccount | null {
    return this.accounts[this.accountOf[this.parts.oms.orders.instrument[orderId]]] ?? null;
  }
}

function standingText({ standing, isMatched, isSettled }: VenueAccount): string {
  if (standing === GatewayStanding.Down) return 'down';
  if (standing === GatewayStanding.Failed) return 'failed';
  if (isMatched) return 'agrees';
  return isSettled ? 'differs' : 'reconciling';
}

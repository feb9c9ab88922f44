/** Puts what a venue says into messages for the engine. Every value is read exactly; times become session ns. */
import { ExecReport } from '../core/exec-report.ts';
import { Liquidity } from '../core/order.ts';
import { assetUnits, commissionAssetOf, execIdOf, type Listing, Scale } from './listings.ts';
import { VenueMessage } from './venue-message.ts';
import { MessageWord, type VenueMessageWriter } from './venue-ring.ts';
import type { GatewayWorld } from './world.ts';

const { First, TsRecvNs, Commission, CommissionAsset, PriceDecimals, QtyDecimals } = MessageWord;

/** A report's own figures; prices and quantities are decimal texts. */
export interface ReportFigures {
  readonly execType: number;
  readonly clOrdId: number;
  readonly origClOrdId?: number;
  readonly rejectCode?: number;
  readonly cum: string;
  readonly leaves?: string;
  readonly orderQty?: string;
  readonly price?: string;
  /** Epoch ms of the venue; 0: not known. */
  readonly timeMs: number;
  readonly trade?: {
    readonly tradeId: number;
    readonly qty: string;
    readonly price: string;
    readonly isMaker: boolean | null;
    readonly commission: string;
    readonly commissionAsset: string | null;
  };
}

export class Teller {
  private readonly writer: VenueMessageWriter;
  private readonly venue: number;
  private readonly midnightMs: number;
  private readonly originNs: number;
  private readonly world: GatewayWorld;
  private readonly report = new ExecReport();

  /** `midnightMs`: the session's midnight, epoch ms; `venue`: its index in the run's list. */
  constructor(writer: VenueMessageWriter, venue: number, midnightMs: number, world: GatewayWorld) {
    this.writer = writer;
    this.venue = venue;
    this.midnightMs = midnightMs;
    this.world = world;
    this.originNs = Math.round((world.originMs - midnightMs) * 1e6);
  }

  standing(standing: number, reason: number): void {
    this.writer.words[First] = standing;
    this.writer.words[First + 1] = reason;
    this.send(VenueMessage.Standing, 0);
  }

  settled(number: number): void {
    this.writer.words[First] = number;
    this.send(VenueMessage.Settled, 0);
  }

  unknown(listing: Listing, clOrdId: number, status: number): void {
    this.writer.words[First] = clOrdId;
    this.writer.words[First + 1] = status;
    this.send(VenueMessage.Unknown, listing.instrument);
  }

  tell(listing: Listing, figures: ReportFigures): void {
    const prices = new Scale(listing.priceDecimals);
    const quantities = new Scale(listing.qtyDecimals);
    const { trade } = figures;
    const lastPx = prices.add(trade?.price ?? '0');
    const price = prices.add(figures.price ?? '0');
    const lastQty = quantities.add(trade?.qty ?? '0');
    const cum = quantities.add(figures.cum);
    const leaves = quantities.add(figures.leaves ?? '0');
    const orderQty = quantities.add(figures.orderQty ?? '0');
    const report = this.report.clear();
    report.execType = figures.execType;
    report.clOrdId = figures.clOrdId;
    report.origClOrdId = figures.origClOrdId ?? 0;
    report.rejectCode = figures.rejectCode ?? 0;
    report.execId = trade === undefined ? 0 : execIdOf(listing.instrument, trade.tradeId);
    report.lastQtyLots = quantities.units(lastQty);
    report.lastPxTicks = prices.units(lastPx);
    report.cumQtyLots = quantities.units(cum);
    report.leavesQtyLots = quantities.units(leaves);
    report.orderQtyLots = quantities.units(orderQty);
    report.priceTicks = prices.units(price);
    report.venueNs = figures.timeMs === 0 ? this.nowNs() : (figures.timeMs - this.midnightMs) * 1e6;
    report.queueAheadLots = -1;
    const { words } = this.writer;
    if (trade !== undefined) {
      if (trade.isMaker !== null) report.liquidity = trade.isMaker ? Liquidity.Maker : Liquidity.Taker;
      words[Commission] = assetUnits(trade.commission);
      words[CommissionAsset] = commissionAssetOf(listing, trade.commissionAsset);
    }
    words[PriceDecimals] = prices.decimals;
    words[QtyDecimals] = quantities.decimals;
    this.writer.putReport(report);
    this.send(VenueMessage.Report, listing.instrument);
  }

  openOrder(
    listing: Listing,
    order: { side: number; clOrdId: number; venueOrderId: string; price: string; qty: string; cum: string },
  ): void {
    const prices = new Scale(listing.priceDecimals);
    const quantities = new Scale(listing.qtyDecimals);
    const price = prices.add(order.price);
    const qty = quantities.add(order.qty);
    const cum = quantities.add(order.cum);
    this.writer.words.set(
      [
        order.side,
        order.clOrdId,
        Number(order.venueOrderId),
        prices.units(price),
        quantities.units(qty),
        quantities.units(cum),
      ],
      First,
    );
    this.writer.words[PriceDecimals] = prices.decimals;
    this.writer.words[QtyDecimals] = quantities.decimals;
    this.send(VenueMessage.OpenOrder, listing.instrument);
  }

  position(listing: Listing, qty: string): void {
    const quantities = new Scale(listing.qtyDecimals);
    const lots = quantities.add(qty);
    this.writer.words[First] = quantities.units(lots);
    this.writer.words[PriceDecimals] = listing.priceDecimals;
    this.writer.words[QtyDecimals] = quantities.decimals;
    this.send(VenueMessage.Position, listing.instrument);
  }

  balance(asset: string, free: string, locked: string): void {
    this.writer.putAsset(asset);
    this.writer.words[First + 2] = assetUnits(free);
    this.writer.words[First + 3] = assetUnits(locked);
    this.send(VenueMessage.Balance, 0);
  }

  private send(kind: number, instrument: number): void {
    this.writer.words[TsRecvNs] = this.nowNs();
    this.writer.send(kind, this.venue, instrument);
  }

  private nowNs(): number {
    return this.originNs + Math.round(this.world.nowMs() * 1e6);
  }
}

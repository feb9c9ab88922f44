/**
 * From a gateway's message to an input of the engine: numbers into the instrument's present units, execution ids made unique
 * over the venues of the run, and what is no number made harmless. What comes out stands in the log and is all that is acted on.
 */
import type { Books } from '../../book/books.ts';
import { POWERS_OF_TEN } from '../../core/decimal.ts';
import type { ExecReport } from '../../core/exec-report.ts';
import { VenueMessage } from '../../gateway/venue-message.ts';
import { MessageWord, type VenueMessageView } from '../../gateway/venue-ring.ts';
import { STATE_WORDS, StateWord, VenueInput } from '../trading/venue-input.ts';

/** ExecTypes and the like are bytes in the log. */
const MAX_BYTE = 0xff;
const MAX_CODE = 0xffff;

export class Intake {
  private readonly input = new VenueInput();
  private readonly books: Books;
  private readonly venues: number;

  /** `venues`: in the run. */
  constructor(books: Books, venues: number) {
    this.books = books;
    this.venues = venues;
  }

  /** The message as an input; the same object each time. */
  take(view: VenueMessageView): VenueInput {
    const { input } = this;
    input.kind = view.kind;
    input.venue = view.venue;
    input.instrument = view.instrument;
    input.tsRecv[0] = Number.isFinite(view.tsRecvNs) ? Math.floor(view.tsRecvNs) : 0;
    if (view.kind === VenueMessage.Report) this.takeReport(view, input.report);
    else this.takeState(view);
    return input;
  }

  private takeReport(view: VenueMessageView, report: ExecReport): void {
    const { input } = this;
    view.copyReport(report);
    const { values } = report;
    for (let i = 0; i < values.length; i++) if (!Number.isFinite(values[i])) values[i] = 0;
    report.orderId = 0;
    report.causeSeq = 0;
    report.execType = within(report.execType, MAX_BYTE);
    report.rejectCode = within(report.rejectCode, MAX_CODE);
    report.fillReason = within(report.fillReason, MAX_BYTE);
    report.liquidity = within(report.liquidity, MAX_BYTE);
    report.execId = this.unique(report.execId);
    report.refExecId = this.unique(report.refExecId);
    const def = this.books.defs[view.instrument];
    const price = (def?.priceDecimals ?? 0) - within(view.word(MessageWord.PriceDecimals), MAX_BYTE);
    const qty = (def?.qtyDecimals ?? 0) - within(view.word(MessageWord.QtyDecimals), MAX_BYTE);
    if (def !== undefined && (price !== 0 || qty !== 0)) {
      report.lastPxTicks = converted(report.lastPxTicks, price);
      report.priceTicks = converted(report.priceTicks, price);
      report.lastQtyLots = converted(report.lastQtyLots, qty);
      report.cumQtyLots = converted(report.cumQtyLots, qty);
      report.leavesQtyLots = converted(report.leavesQtyLots, qty);
      report.orderQtyLots = converted(report.orderQtyLots, qty);
    }
    const commission = view.word(MessageWord.Commission);
    const isWhole = Number.isSafeInteger(commission);
    input.commission = isWhole ? commission : 0;
    input.commissionAsset = isWhole ? within(view.word(MessageWord.CommissionAsset), MAX_BYTE) : 0;
  }

  private takeState(view: VenueMessageView): void {
    const { words } = this.input;
    const isName = view.kind === VenueMessage.Balance;
    for (let i = 0; i < STATE_WORDS; i++) {
      const value = view.word(MessageWord.First + i);
      words[i] = Number.isFinite(value) || (isName && i < StateWord.Free) ? value : 0;
    }
    const def = this.books.defs[view.instrument];
    if (def === undefined) return;
    const price = def.priceDecimals - within(view.word(MessageWord.PriceDecimals), MAX_BYTE);
    const qty = def.qtyDecimals - within(view.word(MessageWord.QtyDecimals), MAX_BYTE);
    if (view.kind === VenueMessage.OpenOrder) {
      words[StateWord.PriceTicks] = converted(words[StateWord.PriceTicks], price);
      words[StateWord.QtyLots] = converted(words[StateWord.QtyLots], qty);
      words[StateWord.CumQtyLots] = converted(words[StateWord.CumQtyLots], qty);
    } else if (view.kind === VenueMessage.Position) {
      words[StateWord.PositionLots] = converted(words[StateWord.PositionLots], qty);
    }
  }

  /** Execution ids are unique at their venue. */
  private unique(execId: number): number {
    return execId === 0 || this.venues === 1 ? execId : execId * this.venues + this.input.venue;
  }
}

/** A whole number of 0 .. max, or 0. */
function within(value: number, max: number): number {
  return value >= 0 && value <= max && Math.floor(value) === value ? value : 0;
}

/** value x 10^by. Where that is no whole number, one that is certainly none comes out: whoever reads it refuses it. */
export function converted(value: number, by: number): number {
  if (by === 0) return value;
  if (by > 0) return by < POWERS_OF_TEN.length ? value * POWERS_OF_TEN[by] : value + 0.5;
  if (-by >= POWERS_OF_TEN.length) return value === 0 ? 0 : 0.5;
  const factor = POWERS_OF_TEN[-by];
  return value % factor === 0 ? value / factor : Math.floor(value / factor) + 0.5;
}

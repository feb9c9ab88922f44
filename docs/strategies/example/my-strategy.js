/**
 * Fades short moves: rests one order a side at the touch while the mid is more than `entry` standard deviations away from
 * its own average, on the side that bets on its return, and goes flat again once it is back. An example of everything a
 * strategy usually needs, not of a way to make money.
 *
 *   tapehead replay replay-data/spot-session.binance.gz --strategy docs/strategies/example/my-strategy.js --params qty=0.05
 */
import { defineStrategy, isTerminal, OrderFlag, OrderSide, OrdStatus } from 'tapehead';
/** Ids of our own timers. */
const GIVE_UP = 1;
const SECOND = 1e9;
class FadeMoves {
  settings;
  instrument = -1;
  average = null;
  volatility = null;
  orderId = 0;
  /** One ticket, filled anew for each order: a callback allocates nothing. */
  ticket = {
    instrument: 0,
    side: OrderSide.Buy,
    qtyLots: 0,
    priceTicks: 0,
    flags: OrderFlag.PostOnly,
  };
  constructor(settings) {
    this.settings = settings;
  }
  // Also called when a venue's prices need more decimals than before: ticks and lots mean something else then.
  onInstrument(ctx, instrument) {
    const { symbol } = ctx.definition(instrument);
    if (symbol !== this.settings.symbol && (this.settings.symbol !== '' || instrument !== 0)) return;
    this.instrument = instrument;
    this.average = ctx.signals.midEma(instrument, this.settings.halfLifeSeconds * SECOND);
    this.volatility = ctx.signals.volatility(instrument, this.settings.halfLifeSeconds * SECOND);
    ctx.log(`trades ${symbol}`);
  }
  onBook(ctx, instrument) {
    if (instrument !== this.instrument || this.average === null || this.volatility === null) return;
    const book = ctx.book(instrument);
    if (book.isStale || book.isCrossed || !book.hasBid || !book.hasAsk) {
      this.cancel(ctx);
      return;
    }
    const deviation = this.volatility.value * Math.sqrt(this.settings.halfLifeSeconds);
    const away = (book.midTicks - this.average.value) / deviation;
    if (!Number.isFinite(away)) return; // nothing to say yet
    const { qtyLots } = ctx.position(instrument);
    if (qtyLots !== 0 && away * qtyLots >= 0) this.quote(ctx, qtyLots > 0 ? OrderSide.Sell : OrderSide.Buy);
    else if (qtyLots === 0 && away > this.settings.entry) this.quote(ctx, OrderSide.Sell);
    else if (qtyLots === 0 && away < -this.settings.entry) this.quote(ctx, OrderSide.Buy);
    else this.cancel(ctx);
  }
  onOrder(ctx, update) {
    if (update.lastQtyLots > 0) ctx.log(`filled ${update.lastQtyLots} lots at ${update.lastPxTicks} ticks`);
    if (update.order.orderId === this.orderId && isTerminal(update.order.status)) this.orderId = 0;
  }
  onTimer(ctx, timerId) {
    if (timerId === GIVE_UP) this.cancel(ctx);
  }
  onParameters(_ctx, settings) {
    this.settings = settings;
  }
  onStop(ctx) {
    ctx.cancelAll(null);
    ctx.log(`made ${ctx.pnl.total.toFixed(2)}`);
  }
  /** One order on this side at its touch, of the configured size or of what there is to close. */
  quote(ctx, side) {
    const book = ctx.book(this.instrument);
    const priceTicks = side === OrderSide.Buy ? book.bidPriceTicks : book.askPriceTicks;
    const order = ctx.order(this.orderId);
    if (order !== null) {
      if (order.side !== side || order.priceTicks !== priceTicks) this.cancel(ctx);
      return; // its end is told to onOrder; the next book change quotes again
    }
    const held = Math.abs(ctx.position(this.instrument).qtyLots);
    this.ticket.instrument = this.instrument;
    this.ticket.side = side;
    this.ticket.qtyLots = held > 0 ? held : ctx.toLots(this.instrument, this.settings.qty);
    this.ticket.priceTicks = priceTicks;
    const orderId = ctx.submit(this.ticket);
    if (orderId <= 0) return; // refused by pre-trade risk: the log says why
    this.orderId = orderId;
    ctx.setTimer(GIVE_UP, ctx.nowNs + this.settings.patienceSeconds * SECOND);
  }
  cancel(ctx) {
    const order = ctx.order(this.orderId);
    if (order?.isOpen && order.status !== OrdStatus.PendingCancel) ctx.cancel(this.orderId);
  }
}

export default defineStrategy({
  name: 'my-strategy',
  description: 'fades short moves of the mid',
  parameters: {
    symbol: { type: 'string', default: '', text: 'instrument; empty: the first' },
    qty: { type: 'decimal', default: '0.01', text: 'size of an order, in units of the instrument' },
    entry: { type: 'number', default: 0.5, min: 0, text: 'standard deviations of a half-life' },
    halfLifeSeconds: { type: 'number', default: 5, min: 0.1 },
    patienceSeconds: { type: 'number', default: 10, min: 0.1, text: 'then the order is taken back' },
  },
  create: (settings) => new FadeMoves(settings),
});

/** Coinbase Exchange (by level and by order) and Coinbase Advanced Trade, slowly. */
import { decimalText, plainDecimal } from './event-probe.ts';
import { idOf, type Json, SlowDecoder } from './slow-decoder.ts';

function against(side: Json): 'buy' | 'sell' | '' {
  const text = String(side).toLowerCase();
  return side === text || side === text.toUpperCase() ? (text === 'buy' ? 'sell' : text === 'sell' ? 'buy' : '') : '';
}

/** a - b of plain decimals, exactly. */
function minus(a: string, b: string): string {
  const lots = (text: string) => {
    const [whole, fraction = ''] = text.split('.');
    return BigInt(whole + fraction.padEnd(18, '0'));
  };
  return decimalText(lots(a) - lots(b), 18);
}

export class SlowCoinbase extends SlowDecoder {
  private readonly full = new Set<string>();
  /** Messages of the full channel by product, in the order they came. */
  private readonly messages = new Map<string, Json[]>();
  private readonly sequences = new Map<string, number>();
  /** Next number of Advanced Trade's connection; -1 before the first. */
  private due = -1;
  private readonly tradeIds = new Map<string, Set<number>>();

  override message(frame: Json): void {
    if (frame.channel !== undefined) this.advanced(frame);
    else if (frame.type === 'snapshot' && !this.full.has(frame.product_id)) this.snapshot(frame);
    else if (frame.type === 'l2update' && !this.full.has(frame.product_id)) this.update(frame);
    else if (frame.type === 'last_match' || (frame.type === 'match' && !this.full.has(frame.product_id))) {
      this.match(frame);
    } else if (frame.type === 'subscriptions') this.subscriptions(frame);
    else if (['received', 'open', 'done', 'match', 'change'].includes(frame.type)) this.order(frame);
  }

  override rest(url: string, text: string): void {
    const product = /products\/([^/]+)\/book/.exec(url)![1];
    const body: Json = JSON.parse(text);
    const book = this.clear(product);
    this.full.add(product);
    for (const [isBid, side] of [
      [true, body.bids],
      [false, body.asks],
    ] as [boolean, string[][]][]) {
      for (const [price, qty, id] of side) {
        book.orders.set(id.toLowerCase(), { isBid, price: plainDecimal(price), qty: plainDecimal(qty) });
      }
    }
    book.isLive = true;
    this.sequences.set(product, body.sequence);
    for (const message of this.messages.get(product) ?? []) this.carryOn(message);
  }

  private snapshot(frame: Json): void {
    if (frame.bids === undefined || frame.asks === undefined) throw new Error('no snapshot');
    const book = this.clear(frame.product_id);
    for (const [price, qty] of frame.bids) this.level(book, true, price, qty);
    for (const [price, qty] of frame.asks) this.level(book, false, price, qty);
    book.isLive = true;
  }

  private update(frame: Json): void {
    const book = this.book(frame.product_id);
    if (!book.isLive) return;
    if (frame.changes.some(([side]: string[]) => side !== 'buy' && side !== 'sell')) throw new Error('no side');
    for (const [side, price, qty] of frame.changes) this.level(book, side === 'buy', price, qty);
  }

  private match(frame: Json): void {
    const { product_id, price, size, side } = frame;
    const id = idOf(frame.trade_id);
    const seen = this.tradeIds.get(product_id) ?? new Set();
    this.tradeIds.set(product_id, seen);
    if (seen.has(id) && id > 0) return;
    seen.add(id);
    this.trade(product_id, price, size, against(side), id);
  }

  private subscriptions(frame: Json): void {
    for (const { name, product_ids } of frame.channels) {
      if (name === 'full') for (const product of product_ids) this.full.add(product);
    }
  }

  private order(message: Json): void {
    const { product_id } = message;
    if (!this.full.has(product_id)) {
      this.full.add(product_id);
      this.book(product_id).isLive = false;
    }
    this.messages.set(product_id, [...(this.messages.get(product_id) ?? []), message].slice(-64));
    this.carryOn(message);
  }

  private carryOn(message: Json): void {
    const book = this.book(message.product_id);
    const last = this.sequences.get(message.product_id);
    const sequence = Number(message.sequence);
    if (!book.isLive || last === undefined || sequence <= last) return;
    if (sequence !== last + 1) {
      book.isLive = false;
      return;
    }
    this.sequences.set(message.product_id, sequence);
    const { orders } = book;
    const isBid = message.side === 'buy';
    const id = String(message.type === 'match' ? message.maker_order_id : message.order_id).toLowerCase();
    const resting = orders.get(id);
    if (message.type === 'open') {
      orders.set(id, { isBid, price: plainDecimal(message.price), qty: plainDecimal(message.remaining_size) });
    } else if (resting === undefined) return;
    else if (message.type === 'done') orders.delete(id);
    else if (message.type === 'match') {
      const qty = minus(resting.qty, plainDecimal(message.size));
      if (qty === '0') orders.delete(id);
      else orders.set(id, { ...resting, qty });
    } else if (message.type === 'change' && message.new_size !== undefined && message.new_size !== null) {
      const qty = plainDecimal(message.new_size);
      const price = plainDecimal(message.new_price ?? resting.price);
      const isInPlace = price === resting.price && Number(qty) <= Number(resting.qty);
      if (!isInPlace) orders.delete(id);
      orders.set(id, { ...resting, price, qty });
    }
  }

  /** The messages of the connection are numbered: one that was passed is not used, a hole ends all books. */
  private advanced(frame: Json): void {
    const number = frame.sequence_num === undefined ? this.due : Number(frame.sequence_num);
    if (this.due >= 0 && number < this.due) return;
    if (this.due >= 0 && number > this.due) for (const book of this.books.values()) book.isLive = false;
    if (frame.sequence_num !== undefined) this.due = number + 1;
    if (!['l2_data', 'market_trades'].includes(frame.channel)) return;
    for (const event of frame.events) {
      if (frame.channel === 'l2_data') this.l2Event(event);
      for (const t of frame.channel === 'market_trades' ? event.trades : []) {
        this.trade(
          t.product_id,
          t.price,
          t.size,
          t.side === 'BUY' ? 'sell' : t.side === 'SELL' ? 'buy' : '',
          idOf(t.trade_id),
        );
      }
    }
  }

  private l2Event(event: Json): void {
    const isSnapshot = event.type === 'snapshot';
    const book = isSnapshot ? this.clear(event.product_id) : this.book(event.product_id);
    if (isSnapshot) book.isLive = true;
    if (!book.isLive) return;
    for (const { side, price_level, new_quantity } of event.updates) {
      if (side !== 'bid' && side !== 'offer') throw new Error('no side');
      this.level(book, side === 'bid', price_level, new_quantity);
    }
  }
}

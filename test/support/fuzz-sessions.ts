/**
 * Short sessions of venues, right in every detail, for differential fuzzing: a snapshot, updates, trades and what else a
 * connection brings. Made from a seed by a model of a small book; nothing here decodes.
 */
import { crc32 } from 'node:zlib';
import type { Prng } from '../../src/core/prng.ts';

export interface SessionFrame {
  readonly text: string;
  /** An answer to this request; '' for a websocket frame. */
  readonly url: string;
}

export type MakeSession = (prng: Prng) => SessionFrame[];

const TIME = '2021-04-17T16:48:52.123456Z';

/** Prices in ticks of 0.01, sizes in lots of 0.0001; up to 14 levels a side. */
class Model {
  readonly bids = new Map<number, number>();
  readonly asks = new Map<number, number>();
  readonly prng: Prng;
  readonly depth: number;

  constructor(prng: Prng, depth: number) {
    this.prng = prng;
    this.depth = depth;
    for (let i = 0; i < depth; i++) {
      if (prng.below(8) > 0) this.bids.set(9_990 - i * 7, this.lots());
      if (prng.below(8) > 0) this.asks.set(10_010 + i * 7, this.lots());
    }
  }

  lots(): number {
    return 1 + this.prng.below(this.prng.below(2) === 0 ? 900 : 9_000_000);
  }

  /** Some levels set or removed; cut at the depth. */
  change(): { isBid: boolean; price: number; lots: number }[] {
    const { prng } = this;
    const changes = Array.from({ length: 1 + prng.below(3) }, () => {
      const isBid = prng.below(2) === 0;
      const side = isBid ? this.bids : this.asks;
      const known = [...side.keys()];
      const removes = known.length > 3 && prng.below(3) === 0;
      const step = 7 * prng.below(this.depth + 4) + prng.below(3);
      const price = removes ? known[prng.below(known.length)] : isBid ? 9_990 - step : 10_010 + step;
      const lots = removes ? 0 : this.lots();
      if (lots === 0) side.delete(price);
      else side.set(price, lots);
      return { isBid, price, lots };
    });
    for (const isBid of [true, false]) {
      for (const [price] of this.sorted(isBid).slice(this.depth)) (isBid ? this.bids : this.asks).delete(price);
    }
    return changes;
  }

  sorted(isBid: boolean): [number, number][] {
    return [...(isBid ? this.bids : this.asks)].sort(([a], [b]) => (isBid ? b - a : a - b));
  }

  checksum(): number {
    const ten = [...this.sorted(false).slice(0, 10), ...this.sorted(true).slice(0, 10)];
    return crc32(ten.map(([price, lots]) => `${price}${lots}`).join(''));
  }
}

const px = (ticks: number) => `${Math.floor(ticks / 100)}.${String(ticks % 100).padStart(2, '0')}`;
const sz = (lots: number) => `${Math.floor(lots / 10_000)}.${String(lots % 10_000).padStart(4, '0')}`;
const ws = (frame: unknown): SessionFrame => ({
  text: typeof frame === 'string' ? frame : JSON.stringify(frame),
  url: '',
});

export const krakenV1Session: MakeSession = (prng) => {
  const model = new Model(prng, 10);
  const timed = (isBid: boolean) => model.sorted(isBid).map(([price, lots]) => [px(price), sz(lots), '1618678132.5']);
  const frames = [
    ws({ event: 'systemStatus', status: 'online' }),
    ws([7, { as: timed(false), bs: timed(true) }, 'book-10', 'XBT/USD']),
  ];
  for (let i = 0; i < 4; i++) {
    const all = model.change();
    const of = (isBid: boolean) =>
      all.filter((one) => one.isBid === isBid).map((one) => [px(one.price), sz(one.lots), '1618678132.6']);
    const [a, b] = [of(false), of(true)];
    const c = String(model.checksum());
    if (a.length > 0 && b.length > 0) frames.push(ws([7, { a }, { b, c }, 'book-10', 'XBT/USD']));
    else frames.push(ws([7, a.length > 0 ? { a, c } : { b, c }, 'book-10', 'XBT/USD']));
    frames.push(
      ws([9, [[px(9_999), sz(model.lots()), '1618678132.7', i % 2 === 0 ? 'b' : 's', 'm', '']], 'trade', 'XBT/USD']),
    );
  }
  return frames;
};

export const krakenV2Session: MakeSession = (prng) => {
  const model = new Model(prng, 10);
  const symbol = 'BTC/USD';
  const level = (price: number, lots: number) => `{"price":${px(price)},"qty":${lots === 0 ? '0' : sz(lots)}}`;
  const book = (type: string, bids: string[], asks: string[]) =>
    ws(
      `{"channel":"book","type":"${type}","data":[{"symbol":"${symbol}","bids":[${bids.join(',')}],"asks":[${asks.join(',')}],` +
        `"checksum":${model.checksum()},"timestamp":"${TIME}"}]}`,
    );
  const whole = (isBid: boolean) => model.sorted(isBid).map(([price, lots]) => level(price, lots));
  const frames = [
    ws({ method: 'subscribe', result: { channel: 'book', depth: 10, symbol }, success: true }),
    book('snapshot', whole(true), whole(false)),
    ws({ channel: 'heartbeat' }),
  ];
  for (let i = 1; i < 5; i++) {
    const all = model.change();
    const of = (isBid: boolean) => all.filter((one) => one.isBid === isBid).map((one) => level(one.price, one.lots));
    frames.push(book('update', of(true), of(false)));
    frames.push(
      ws(
        `{"channel":"trade","type":"update","data":[{"symbol":"${symbol}","side":"${i % 2 ? 'buy' : 'sell'}","price":${px(9_999)},` +
          `"qty":${sz(model.lots())},"ord_type":"market","trade_id":${1200 + i},"timestamp":"${TIME}"}]}`,
      ),
    );
  }
  return frames;
};

export const coinbaseLevel2Session: MakeSession = (prng) => {
  const model = new Model(prng, 14);
  const product_id = 'BTC-USD';
  const whole = (isBid: boolean) => model.sorted(isBid).map(([price, lots]) => [px(price), sz(lots)]);
  const match = (type: string, id: number) =>
    ws({
      type,
      trade_id: id,
      maker_order_id: 'a',
      ...(id % 3 === 0 ? {} : { taker_order_id: 'b' }),
      side: id % 2 ? 'buy' : 'sell',
      size: sz(model.lots()),
      price: px(9_999),
      product_id,
      sequence: 50 + id,
      time: TIME,
    });
  const frames = [
    ws({ type: 'subscriptions', channels: [{ name: 'level2_batch', product_ids: [product_id] }] }),
    ws({ type: 'snapshot', product_id, bids: whole(true), asks: whole(false) }),
    match('last_match', 1200),
  ];
  for (let i = 1; i < 5; i++) {
    const changes = model
      .change()
      .map((one) => [one.isBid ? 'buy' : 'sell', px(one.price), one.lots === 0 ? '0' : sz(one.lots)]);
    frames.push(ws({ type: 'l2update', product_id, changes, time: TIME }), match('match', 1200 + i));
    frames.push(ws({ type: 'heartbeat', sequence: 90 + i, last_trade_id: 1200 + i, product_id, time: TIME }));
  }
  return frames;
};

export const coinbaseAdvancedSession: MakeSession = (prng) => {
  const model = new Model(prng, 14);
  const product_id = 'BTC-USD';
  let sequence_num = 0;
  const frame = (channel: string, event: object) =>
    ws({ channel, client_id: '', timestamp: TIME, sequence_num: sequence_num++, events: [event] });
  const row = (isBid: boolean, price: number, lots: number) => ({
    side: isBid ? 'bid' : 'offer',
    event_time: TIME,
    price_level: px(price),
    new_quantity: lots === 0 ? '0' : sz(lots),
  });
  const updates = [true, false].flatMap((isBid) => model.sorted(isBid).map(([price, lots]) => row(isBid, price, lots)));
  const frames = [frame('l2_data', { type: 'snapshot', product_id, updates })];
  for (let i = 1; i < 5; i++) {
    const changes = model.change().map((one) => row(one.isBid, one.price, one.lots));
    frames.push(frame('l2_data', { type: 'update', product_id, updates: changes }));
    const trade = {
      trade_id: String(i),
      product_id,
      price: px(9_999),
      size: sz(model.lots()),
      time: TIME,
      side: i % 2 ? 'BUY' : 'SELL',
    };
    frames.push(frame('market_trades', { type: 'update', trades: [trade] }));
  }
  return frames;
};

interface ModelOrder {
  readonly id: string;
  readonly side: 'buy' | 'sell';
  price: number;
  lots: number;
}

/** Orders by number; every message carries the next sequence. */
export const coinbaseFullSession: MakeSession = (prng) => {
  const product_id = 'BTC-USD';
  const uuid = (n: number) =>
    `${(n * 2654435761).toString(16).padStart(12, '0').slice(-8)}-77a8-460a-b958-${n.toString(16).padStart(12, '0')}`;
  const lots = () => 1 + prng.below(90_000);
  const orders: ModelOrder[] = [];
  let made = 0;
  const order = (): ModelOrder => {
    const side = prng.below(2) === 0 ? 'buy' : 'sell';
    const step = prng.below(12);
    const made1 = {
      id: uuid(++made),
      side,
      price: side === 'buy' ? 9_990 - step : 10_010 + step,
      lots: lots(),
    } as const;
    return { ...made1 };
  };
  for (let i = 0; i < 12; i++) orders.push(order());
  let sequence = 100;
  const rows = (side: string) =>
    orders.filter((one) => one.side === side).map((one) => [px(one.price), sz(one.lots), one.id]);
  const body = { bids: rows('buy'), asks: rows('sell'), sequence, auction_mode: false, time: TIME };
  const message = (type: string, fields: object) =>
    ws({ type, time: TIME, product_id, sequence: ++sequence, ...fields });
  const frames = [
    ws({ type: 'subscriptions', channels: [{ name: 'full', product_ids: [product_id] }] }),
    { text: JSON.stringify(body), url: 'https://x/products/BTC-USD/book?level=3' },
  ];
  for (let i = 0; i < 12; i++) {
    const at = prng.below(orders.length);
    const one = orders[at];
    const named = { order_id: one.id, side: one.side };
    const what = prng.below(6);
    if (what === 0 || orders.length < 4) {
      const fresh = order();
      orders.push(fresh);
      const { id: order_id, side } = fresh;
      frames.push(
        message('received', { order_id, side, price: px(fresh.price), size: sz(fresh.lots), order_type: 'limit' }),
      );
      frames.push(message('open', { order_id, side, price: px(fresh.price), remaining_size: sz(fresh.lots) }));
    } else if (what === 1) {
      orders.splice(at, 1);
      frames.push(
        message('done', { ...named, price: px(one.price), reason: 'canceled', remaining_size: sz(one.lots) }),
      );
    } else if (what < 4) {
      const size = what === 2 ? one.lots : 1 + prng.below(one.lots);
      one.lots -= size;
      const ids = { maker_order_id: one.id, taker_order_id: uuid(999_999) };
      frames.push(message('match', { ...ids, trade_id: 70 + i, side: one.side, price: px(one.price), size: sz(size) }));
      if (one.lots > 0) continue;
      orders.splice(at, 1);
      frames.push(message('done', { ...named, price: px(one.price), reason: 'filled', remaining_size: '0' }));
    } else {
      const old = { ...one };
      if (what === 4) one.lots = 1 + prng.below(one.lots);
      else one.price += one.side === 'buy' ? -3 : 3;
      const prices = what === 4 ? { price: px(one.price) } : { old_price: px(old.price), new_price: px(one.price) };
      frames.push(message('change', { ...named, ...prices, old_size: sz(old.lots), new_size: sz(one.lots) }));
    }
  }
  return frames;
};

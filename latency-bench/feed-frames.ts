/**
 * The frames that live feeds bring, as each venue writes them, all different, one behind the other in one array as a
 * connection's buffer holds them; and the way of one through its venue's decoder, into a sink.
 */
import { crc32 } from 'node:zlib';
import { Prng } from '../src/core/prng.ts';
import { sessionBase } from '../src/core/time.ts';
import { BinanceVenue } from '../src/feed/text/binance-venue.ts';
import { BybitVenue } from '../src/feed/text/bybit.ts';
import { CoinbaseVenue } from '../src/feed/text/coinbase.ts';
import { TextMarket } from '../src/feed/text/market.ts';
import { OkxVenue } from '../src/feed/text/okx.ts';
import type { VenueDecoder } from '../src/feed/text/venue.ts';
import type { PeerVenue } from './decode-peers.ts';
import { type Tally, TallySink } from './decode-tally.ts';

const MS = 1_723_075_200_000;
const ISO = '2024-08-08T00:00:00.123456Z';
const BASE = sessionBase(BigInt(MS) * 1_000_000n);

export interface FeedCase {
  readonly name: string;
  readonly venue: PeerVenue;
  make(market: TextMarket): VenueDecoder;
  /** What comes before the frames, again in every round: it makes the book live. */
  begin(): readonly string[];
  /** Frame `i`. */
  frame(i: number, random: Prng): string;
  /** What stands in front of an id that a decoder takes once only: every round has new ones, of as many digits. */
  readonly id?: string;
}

type Level = readonly [price: string, qty: string];

/** Levels beside one another: cents, quantities of 10^-`places`; three of ten go. `zero`: how the venue writes none. */
export function levels(
  random: Prng,
  count: number,
  direction: 1 | -1,
  places: number,
  priceDecimals: number,
  zero = '0',
): Level[] {
  let cents = 6_183_763 + direction * random.below(1000);
  return Array.from({ length: count }, () => {
    cents += direction * (1 + random.below(30));
    const qty = random.below(10) < 3 ? 0 : 1 + random.below(999_998);
    const text = qty === 0 ? zero : (qty / 1e5).toFixed(5).padEnd(places + 2, '0');
    return [(cents / 100).toFixed(2).padEnd(priceDecimals + 6, '0'), text];
  });
}

function sideTexts(list: readonly Level[], more = ''): string {
  return list.map(([price, qty]) => `["${price}","${qty}"${more}]`).join(',');
}

export function price(random: Prng): string {
  return (61_000 + random.below(99_999) / 100).toFixed(2);
}

export function qty(random: Prng): string {
  return ((1 + random.below(999_999)) / 1e5).toFixed(5);
}

function binanceDepth(name: string, count: number, isFutures: boolean): FeedCase {
  const update = (i: number, bids: string, asks: string): string => {
    const id = 1_000_000 + i;
    const times = isFutures ? `"E":${MS + i},"T":${MS + i}` : `"E":${MS + i}`;
    const ids = isFutures ? `"U":${id},"u":${id},"pu":${id - 1}` : `"U":${id},"u":${id}`;
    const data = `{"e":"depthUpdate",${times},"s":"BTCUSDT",${ids},"b":[${bids}],"a":[${asks}]}`;
    return `{"stream":"btcusdt@depth@100ms","data":${data}}`;
  };
  const [places, decimals, zero] = isFutures ? ([5, 2, '0.00000'] as const) : ([8, 8, '0.00000000'] as const);
  return {
    name,
    venue: 'binance',
    make: (market) => new BinanceVenue(market),
    begin: () => [update(-1, '', ''), '{"lastUpdateId":999999,"symbol":"BTCUSDT","bids":[],"asks":[]}'],
    frame: (i, random) =>
      update(
        i,
        sideTexts(levels(random, count, -1, places, decimals, zero)),
        sideTexts(levels(random, count, 1, places, decimals, zero)),
      ),
  };
}

const BINANCE_TRADE: FeedCase = {
  name: 'Binance trade',
  venue: 'binance',
  make: (market) => new BinanceVenue(market),
  begin: () => [],
  frame: (i, random) =>
    `{"stream":"btcusdt@trade","data":{"e":"trade","E":${MS + i},"s":"BTCUSDT","t":${37_000_000 + i},` +
    `"p":"${price(random)}000000","q":"${qty(random)}000","T":${MS + i},"m":${random.below(2) === 0},"M":true}}`,
};

const BINANCE_TICKER: FeedCase = {
  name: 'Binance bookTicker',
  venue: 'binance',
  make: (market) => new BinanceVenue(market),
  begin: () => [],
  frame: (i, random) =>
    `{"stream":"btcusdt@bookTicker","data":{"u":${498_402_836_750 + i},"s":"BTCUSDT","b":"${price(random)}000000",` +
    `"B":"${qty(random)}000","a":"${price(random)}000000","A":"${qty(random)}000"}}`,
};

function coinbaseUpdate(count: number): FeedCase {
  const snapshot = { type: 'snapshot', product_id: 'BTC-USD', bids: [['61837.62', '1.00000000']], asks: [], time: ISO };
  return {
    name: `Coinbase l2update, ${count} + ${count} changes`,
    venue: 'coinbase',
    make: (market) => new CoinbaseVenue(market),
    begin: () => [JSON.stringify(snapshot)],
    frame: (_i, random) => {
      const side = (name: string, direction: 1 | -1) =>
        levels(random, count, direction, 8, 2, '0.00000000').map(([p, q]) => `["${name}","${p}","${q}"]`);
      const changes = [...side('buy', -1), ...side('sell', 1)].join(',');
      return `{"type":"l2update","product_id":"BTC-USD","changes":[${changes}],"time":"${ISO}"}`;
    },
  };
}

const COINBASE_MATCH: FeedCase = {
  name: 'Coinbase match',
  venue: 'coinbase',
  id: '"trade_id":',
  make: (market) => new CoinbaseVenue(market),
  begin: () => [],
  frame: (i, random) =>
    `{"type":"match","trade_id":${800_000_000 + i},"maker_order_id":"b6d3b6f2-6b5c-4b7e-9d3c-1d4c1f0a5e01",` +
    `"taker_order_id":"0f3c2b1a-8f4e-4b1d-a6a7-5f9e1c2d3b4a","side":"${random.below(2) === 0 ? 'buy' : 'sell'}",` +
    `"size":"${qty(random)}000","price":"${price(random)}","product_id":"BTC-USD","sequence":${90_000_000 + i},"time":"${ISO}"}`,
};

/** As the venue sends it since June 2026, with the checksum 0. */
function okxBooks(count: number): FeedCase {
  const arg = '"arg":{"channel":"books","instId":"BTC-USDT"}';
  const data = (bids: string, asks: string, id: number, previous: number): string =>
    `"data":[{"asks":[${asks}],"bids":[${bids}],"ts":"${MS}","checksum":0,"seqId":${id},"prevSeqId":${previous}}]`;
  return {
    name: `OKX books, ${count} + ${count} levels`,
    venue: 'okx',
    make: (market) => new OkxVenue(market),
    begin: () => [`{${arg},"action":"snapshot",${data('["61837.62","1.00001","0","1"]', '', 123_456_000, -1)}}`],
    frame: (i, random) => {
      const bids = sideTexts(levels(random, count, -1, 5, 2), ',"0","3"');
      const asks = sideTexts(levels(random, count, 1, 5, 2), ',"0","12"');
      return `{${arg},"action":"update",${data(bids, asks, 123_456_001 + i, 123_456_000 + i)}}`;
    },
  };
}

/** A book of 25 levels a side kept on the way, so that the checksum of every update is right. */
function okxChecked(count: number): FeedCase {
  const plain = okxBooks(count);
  const sides = [new Map<string, string>(), new Map<string, string>()];
  const sorted = (at: number) => [...sides[at]].sort(([a], [b]) => (Number(a) - Number(b)) * (at === 0 ? -1 : 1));
  return {
    ...plain,
    name: `${plain.name}, checksum verified`,
    frame: (i, random) => {
      if (i === 0) {
        sides[0] = new Map([['61837.62', '1.00001']]);
        sides[1] = new Map();
      }
      const text = plain.frame(i, random);
      const [entry] = JSON.parse(text).data as { bids: string[][]; asks: string[][] }[];
      for (const [at, list] of [entry.bids, entry.asks].entries()) {
        for (const [p, q] of list) {
          if (q === '0') sides[at].delete(p);
          else sides[at].set(p, q);
        }
      }
      const [bids, asks] = [sorted(0), sorted(1)];
      const parts: string[] = [];
      for (let level = 0; level < 25; level++) {
        if (level < bids.length) parts.push(...bids[level]);
        if (level < asks.length) parts.push(...asks[level]);
      }
      return text.replace('"checksum":0', `"checksum":${crc32(parts.join(':')) | 0}`);
    },
  };
}

function bybitBook(count: number): FeedCase {
  const book = (type: string, bids: string, asks: string, u: number): string =>
    `{"topic":"orderbook.50.BTCUSDT","type":"${type}","ts":${MS + 2},"data":{"s":"BTCUSDT","b":[${bids}],"a":[${asks}],` +
    `"u":${u},"seq":${7_961_638_724 + 3 * u}},"cts":${MS}}`;
  return {
    name: `Bybit orderbook, ${count} + ${count} levels`,
    venue: 'bybit',
    make: (market) => new BybitVenue(market),
    begin: () => [book('snapshot', '["61837.62","1.00001"]', '', 18_521_000)],
    frame: (i, random) => {
      const side = (direction: 1 | -1) => sideTexts(levels(random, count, direction, 5, 2));
      return book('delta', side(-1), side(1), 18_521_001 + i);
    },
  };
}

const BYBIT_TRADE: FeedCase = {
  name: 'Bybit publicTrade',
  venue: 'bybit',
  make: (market) => new BybitVenue(market),
  begin: () => [],
  frame: (i, random) =>
    `{"topic":"publicTrade.BTCUSDT","type":"snapshot","ts":${MS + i},"data":[{"T":${MS + i},"s":"BTCUSDT",` +
    `"S":"${random.below(2) === 0 ? 'Buy' : 'Sell'}","v":"${qty(random)}","p":"${price(random)}","L":"PlusTick",` +
    `"i":"229000000${i}","BT":false}]}`,
};

export const FEED_CASES: readonly FeedCase[] = [
  binanceDepth('Binance spot depth, 20 + 20 levels', 20, false),
  binanceDepth('Binance spot depth, 2 + 2 levels', 2, false),
  binanceDepth('Binance USD-M depth, 20 + 20 levels', 20, true),
  BINANCE_TRADE,
  BINANCE_TICKER,
  coinbaseUpdate(20),
  coinbaseUpdate(1),
  COINBASE_MATCH,
  okxBooks(20),
  okxBooks(2),
  okxChecked(2),
  bybitBook(20),
  bybitBook(2),
  BYBIT_TRADE,
];

/** The decoder behind the frames that begin, which takes the others again and again. */
export class FeedRun {
  readonly bytes: Uint8Array;
  private readonly ends: Int32Array;
  private readonly begin: readonly Uint8Array[];
  private readonly venue: VenueDecoder;
  private readonly tallied: TallySink;
  /** Where the ids end that a decoder takes once only, by frame. */
  private readonly idEnds: number[] = [];
  private isFirstRound = true;

  constructor(feed: FeedCase, count: number, seed: number, tally: Tally | null) {
    const random = new Prng(seed);
    const frames = Array.from({ length: count }, (_, i) => Buffer.from(feed.frame(i, random), 'latin1'));
    this.bytes = Buffer.concat(frames);
    let end = 0;
    const ends = Int32Array.from(frames, (frame) => {
      end += frame.length;
      return end;
    });
    this.ends = ends;
    const { id } = feed;
    for (let i = 0; id !== undefined && i < count; i++) {
      const idFrom = this.text(i).indexOf(id) + id.length;
      this.idEnds.push(
        ends[i] - frames[i].length + idFrom + (/^\d+/.exec(this.text(i).slice(idFrom))?.[0].length ?? 0),
      );
    }
    this.begin = feed.begin().map((text) => Buffer.from(text, 'latin1'));
    this.tallied = new TallySink(tally);
    const market = new TextMarket({ symbols: null, base: BASE });
    market.open(this.tallied.sink);
    this.venue = feed.make(market);
  }

  get events(): number {
    return this.tallied.sink.events;
  }

  get count(): number {
    return this.ends.length;
  }

  text(i: number): string {
    const from = i === 0 ? 0 : this.ends[i - 1];
    return Buffer.from(this.bytes.buffer, this.bytes.byteOffset + from, this.ends[i] - from).toString('utf8');
  }

  /** Brings the book to where the frames begin; what that emits is not counted. */
  rewind(): void {
    if (!this.isFirstRound) for (const end of this.idEnds) this.addToId(end, this.count);
    this.isFirstRound = false;
    this.venue.disconnected(0);
    for (const frame of this.begin) this.venue.frame(frame, 0, frame.length, 0);
    this.tallied.drain();
  }

  /** Adds to the decimal integer whose text ends there. */
  private addToId(end: number, more: number): void {
    const { bytes } = this;
    let carry = more;
    for (let p = end - 1; carry > 0; p--) {
      const sum = bytes[p] - 0x30 + carry;
      bytes[p] = 0x30 + (sum % 10);
      carry = Math.floor(sum / 10);
    }
  }

  /** ns per frame over all of them. */
  run(): number {
    const { bytes, ends, venue } = this;
    const start = process.hrtime.bigint();
    let from = 0;
    for (let i = 0; i < ends.length; i++) {
      venue.frame(bytes, from, ends[i], 0);
      from = ends[i];
    }
    const elapsed = Number(process.hrtime.bigint() - start);
    this.tallied.drain();
    return elapsed / ends.length;
  }
}

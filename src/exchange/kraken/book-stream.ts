/**
 * The book of one pair as subscribers of one depth have it: snapshots, and updates that carry it on. The venue tells of
 * every level that enters the depth or changes inside it, and of levels that are gone; not of levels that are pushed out
 * of the depth, which clients cut off. The checksum is over the best ten levels of a side. Source: docs.kraken.com, "Book
 * (Level 2)", and the guide "Book checksum (WebSocket v2)".
 */
import { crc32 } from 'node:zlib';
import type { LevelFeed } from '../level-feed.ts';
import type { Market } from '../market.ts';
import type { ProtocolFaults } from '../protocol.ts';
import { type Pair, priceText, qtyText, timeText } from './pairs.ts';

const CHECKSUM_LEVELS = 10;

export class BookStream {
  readonly pair: Pair;
  readonly depth: number;
  private readonly faults: ProtocolFaults;
  private readonly feed: LevelFeed;
  /** Lots by price, as clients have them. */
  private readonly bids = new Map<number, number>();
  private readonly asks = new Map<number, number>();

  constructor(pair: Pair, depth: number, faults: ProtocolFaults) {
    this.pair = pair;
    this.depth = depth;
    this.faults = faults;
    this.feed = pair.market.watchLevels();
    this.carry(true);
    this.carry(false);
  }

  close(): void {
    this.pair.market.unwatchLevels(this.feed);
  }

  /** As clients have it: whoever begins with it must hear every `update` from here on. */
  snapshot(nowUs: number): string {
    const side = (isBid: boolean) => {
      const { market } = this.pair;
      const levels = [...(isBid ? this.bids : this.asks)].sort(([a], [b]) => (isBid ? b - a : a - b));
      return levels.map(([price, lots]) => levelText(market, price, lots));
    };
    return this.frame('snapshot', side(true), side(false), nowUs);
  }

  /** What changed since the last one; null where nothing did within the depth. */
  update(nowUs: number): string | null {
    if (this.feed.take() === null) return null;
    const bids = this.carry(true);
    const asks = this.carry(false);
    return bids.length + asks.length === 0 ? null : this.frame('update', bids, asks, nowUs);
  }

  /** Brings one side to where the market is; returns what was told of it. */
  private carry(isBid: boolean): string[] {
    const { market } = this.pair;
    const known = isBid ? this.bids : this.asks;
    const now = market.depth(isBid, this.depth);
    const gone = new Set(known.keys());
    const told: string[] = [];
    for (let i = 0; i < now.length; i += 2) {
      const [price, lots] = [now[i], now[i + 1]];
      gone.delete(price);
      if (known.get(price) === lots) continue;
      known.set(price, lots);
      told.push(levelText(market, price, lots));
    }
    for (const price of gone) {
      known.delete(price);
      if (market.lotsAt(isBid, price) === 0) told.push(levelText(market, price, 0));
    }
    return told;
  }

  private frame(type: string, bids: readonly string[], asks: readonly string[], nowUs: number): string {
    const wrong = this.faults.wrongChecksum() ? 1 : 0;
    const checksum = (this.checksum() ^ wrong) >>> 0;
    return (
      `{"channel":"book","type":"${type}","data":[{"symbol":"${this.pair.symbol}","bids":[${bids.join(',')}],` +
      `"asks":[${asks.join(',')}],"checksum":${checksum},"timestamp":"${timeText(nowUs)}"}]}`
    );
  }

  /** Asks then bids, best first, price then quantity: their digits without leading zeros, which are those of ticks and lots. */
  private checksum(): number {
    const best = (isBid: boolean) => {
      const levels = [...(isBid ? this.bids : this.asks)].sort(([a], [b]) => (isBid ? b - a : a - b));
      return levels.slice(0, CHECKSUM_LEVELS).map(([price, lots]) => `${price}${lots}`);
    };
    return crc32([...best(false), ...best(true)].join(''));
  }
}

function levelText(market: Market, price: number, lots: number): string {
  return `{"price":${priceText(market, price)},"qty":${qtyText(market, lots)}}`;
}

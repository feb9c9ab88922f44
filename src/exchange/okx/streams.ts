/**
 * OKX' channels of all instruments, and who is subscribed to them. All subscribers of a channel get the same messages with
 * the same numbers; a new one gets the state behind the last of them as its snapshot.
 */
import { crc32 } from 'node:zlib';
import { OrderSide } from '../../core/order.ts';
import { DepthStream, levelTexts, lotsText, priceText } from '../depth-stream.ts';
import type { BookTrade, Market } from '../market.ts';
import { Pace } from '../pace.ts';
import type { Line, ProtocolServices } from '../protocol.ts';

type Kind = 'books' | 'books5' | 'bbo-tbt' | 'trades';

const DEPTHS: Readonly<Record<Kind, number>> = { books: 400, books5: 5, 'bbo-tbt': 1, trades: 0 };
const PACES_US: Readonly<Record<Kind, number>> = { books: 100_000, books5: 100_000, 'bbo-tbt': 10_000, trades: 0 };
/** Without a change for so long: books send an update without levels. */
const KEEP_ALIVE_US = 60_000_000;
const CHECKSUM_LEVELS = 25;

interface Channel {
  readonly kind: Kind;
  readonly instId: string;
  readonly market: Market;
  readonly depth: DepthStream;
  readonly pace: Pace;
  readonly lines: Set<Line>;
  /** seqId of the last message. */
  sequence: number;
  sentUs: number;
}

export class OkxStreams {
  private readonly services: ProtocolServices;
  private readonly channels = new Map<string, Channel>();
  private readonly markets = new Map<string, Market>();
  private readonly sentUs = new WeakMap<Line, number>();

  constructor(services: ProtocolServices) {
    this.services = services;
    for (const market of services.exchange.markets) {
      this.markets.set(`${market.listing.base}-${market.listing.quote}`, market);
    }
    services.exchange.listen({ traded: (market, trade) => this.traded(market, trade) });
  }

  marketOf(instId: string): Market | undefined {
    return this.markets.get(instId);
  }

  has(channel: string, instId: string): boolean {
    return Object.hasOwn(DEPTHS, channel) && this.markets.has(instId);
  }

  /** When something was last sent to the line, µs since the epoch; 0: never. */
  lastSentUs(line: Line): number {
    return this.sentUs.get(line) ?? 0;
  }

  join(line: Line, kind: string, instId: string): void {
    const channel = this.channel(kind as Kind, instId);
    if (channel.lines.has(line)) return;
    if (channel.lines.size === 0) this.catchUp(channel);
    channel.lines.add(line);
    if (channel.kind !== 'trades') this.send(line, this.bookFrame(channel, 'snapshot', channel.depth.whole(), -1));
  }

  /** Of one channel, or of all. */
  leave(line: Line, kind?: string, instId?: string): void {
    if (kind !== undefined) this.channels.get(`${kind} ${instId}`)?.lines.delete(line);
    else for (const channel of this.channels.values()) channel.lines.delete(line);
  }

  /** Sends what changed in every channel that is due. */
  pulse(): void {
    const nowUs = this.services.nowUs();
    for (const channel of this.channels.values()) {
      if (channel.kind === 'trades' || channel.lines.size === 0) continue;
      if (channel.pace.isDue(nowUs)) this.publish(channel, nowUs);
    }
  }

  private channel(kind: Kind, instId: string): Channel {
    const key = `${kind} ${instId}`;
    let channel = this.channels.get(key);
    if (channel === undefined) {
      const market = this.markets.get(instId)!;
      const depth = new DepthStream(market, DEPTHS[kind]);
      const state = { sequence: market.updateId, sentUs: this.services.nowUs() };
      channel = { kind, instId, market, depth, pace: new Pace(PACES_US[kind]), lines: new Set(), ...state };
      this.channels.set(key, channel);
    }
    return channel;
  }

  /** Nobody listened: what happened meanwhile is in the next snapshot. */
  private catchUp(channel: Channel): void {
    channel.depth.take();
    channel.sequence = Math.max(channel.sequence, channel.market.updateId);
  }

  private publish(channel: Channel, nowUs: number): void {
    const { kind, depth, market } = channel;
    const changes = depth.take();
    if (changes === null) {
      if (kind !== 'books' || nowUs - channel.sentUs < KEEP_ALIVE_US) return;
      this.sendAll(channel, this.bookFrame(channel, 'update', { bids: [], asks: [] }, channel.sequence));
      return;
    }
    const gap = kind === 'books' ? this.services.faults.sequenceGap() : 0;
    const previous = channel.sequence + gap;
    channel.sequence = Math.max(previous + 1, market.updateId);
    const isUpdate = kind === 'books';
    this.sendAll(
      channel,
      this.bookFrame(channel, isUpdate ? 'update' : 'snapshot', isUpdate ? changes : depth.whole(), previous),
    );
  }

  private bookFrame(
    channel: Channel,
    action: 'snapshot' | 'update',
    levels: { readonly bids: readonly number[]; readonly asks: readonly number[] },
    prevSeqId: number,
  ): string {
    const { kind, instId, market } = channel;
    const side = (list: readonly number[]) =>
      levelTexts(market, list).map(([price, qty]) => [price, qty, '0', qty === '0' ? '0' : '1']);
    const ts = String(Math.floor(this.services.nowUs() / 1000));
    const book = { asks: side(levels.asks), bids: side(levels.bids), ts };
    const arg = { channel: kind, instId };
    if (kind !== 'books') return JSON.stringify({ arg, data: [{ ...book, instId, seqId: channel.sequence }] });
    const checksum = this.checksum(channel);
    return JSON.stringify({ arg, action, data: [{ ...book, checksum, seqId: channel.sequence, prevSeqId }] });
  }

  /** CRC-32 over "bid:size:ask:size:..." of the best levels, signed. */
  private checksum(channel: Channel): number {
    const { bids, asks } = channel.depth.whole();
    const texts = [bids, asks].map((side) => levelTexts(channel.market, side.slice(0, CHECKSUM_LEVELS * 2)));
    const parts: string[] = [];
    for (let i = 0; i < CHECKSUM_LEVELS; i++) for (const side of texts) if (i < side.length) parts.push(...side[i]);
    const right = crc32(parts.join(':')) | 0;
    return this.services.faults.wrongChecksum() ? right ^ 1 : right;
  }

  private traded(market: Market, trade: BookTrade): void {
    const instId = `${market.listing.base}-${market.listing.quote}`;
    const channel = this.channels.get(`trades ${instId}`);
    if (channel === undefined || channel.lines.size === 0) return;
    const entry = {
      instId,
      tradeId: String(trade.tradeId),
      px: priceText(market, trade.priceTicks),
      sz: lotsText(market, trade.lots),
      side: trade.takerSide === OrderSide.Buy ? 'buy' : 'sell',
      ts: String(Math.floor(this.services.nowUs() / 1000)),
      count: '1',
      source: '0',
      seqId: market.updateId,
    };
    this.sendAll(channel, JSON.stringify({ arg: { channel: 'trades', instId }, data: [entry] }));
  }

  private sendAll(channel: Channel, frame: string): void {
    channel.sentUs = this.services.nowUs();
    for (const line of channel.lines) this.send(line, frame);
  }

  private send(line: Line, frame: string): void {
    this.sentUs.set(line, this.services.nowUs());
    line.send(frame, 'market');
  }
}

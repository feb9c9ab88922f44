/** Binance depth updates of 20 + 20 levels, 1,377 bytes each, all different, and the path of one through the venue's decoder. */

import { Prng } from '../src/core/prng.ts';
import { sessionBase } from '../src/core/time.ts';
import { BinanceVenue } from '../src/feed/text/binance-venue.ts';
import { TextMarket } from '../src/feed/text/market.ts';
import type { Tally } from './decode-tally.ts';
import { TallySink } from './decode-tally.ts';

const LEVELS = 20;
export const FRAME_BYTES = 1377;
/** Where the update ids stand, twelve digits each. */
const FIRST_ID_AT = 55;
const FINAL_ID_AT = 72;
const FIRST_ID = 498_402_836_750;
const EVENT_MS = 1_723_075_200_000;

/** Frames one behind the other in one array, as a connection's buffer or a file's block holds them. */
export function depthFrames(count: number, seed: number): Uint8Array {
  const random = new Prng(seed);
  const frames = Buffer.alloc(count * FRAME_BYTES);
  for (let i = 0; i < count; i++) {
    const ids = `"U":${FIRST_ID + i + 1},"u":${FIRST_ID + i + 1}`;
    const sides = `"b":[${side(random, -1)}],"a":[${side(random, 1)}]`;
    const text = `{"e":"depthUpdate","E":${EVENT_MS + i},"s":"BTCUSDT",${ids},${sides}}`;
    frames.write(text, i * FRAME_BYTES, 'latin1');
  }
  return frames;
}

/** Cents and units of 10^-5, written with 8 decimals; three of ten levels go. */
function side(random: Prng, direction: 1 | -1): string {
  let cents = 6_183_763 + direction * random.below(1000);
  const levels: string[] = [];
  for (let i = 0; i < LEVELS; i++) {
    cents += direction * (1 + random.below(30));
    const qty = random.below(10) < 3 ? 0 : 1 + random.below(999_998);
    levels.push(`["${(cents / 100).toFixed(2)}000000","${(qty / 1e5).toFixed(5)}000"]`);
  }
  return levels.join(',');
}

/** The decoder behind its snapshot, which takes the frames again and again, each time with new ids. */
export class DepthRun {
  private readonly frames: Uint8Array;
  private readonly bytes: number;
  private readonly venue: BinanceVenue;
  private readonly tallied: TallySink;
  private nextId = FIRST_ID + 1;

  /** `bytes`: of a frame. */
  constructor(frames: Uint8Array, bytes: number, tally: Tally | null) {
    this.frames = frames;
    this.bytes = bytes;
    this.tallied = new TallySink(tally);
    const market = new TextMarket({ symbols: null, base: sessionBase(BigInt(EVENT_MS) * 1_000_000n) });
    market.open(this.tallied.sink);
    this.venue = new BinanceVenue(market);
    const snapshot = Buffer.from(`{"lastUpdateId":${FIRST_ID},"symbol":"BTCUSDT","bids":[],"asks":[]}`);
    this.venue.frame(frames, 0, bytes, 0);
    this.venue.frame(snapshot, 0, snapshot.length, 0);
    this.nextId++;
    this.tallied.drain();
  }

  get events(): number {
    return this.tallied.sink.events;
  }

  /** ns per frame over frames [from, to). */
  run(from: number, to: number): number {
    const { frames, bytes, venue } = this;
    this.renumber(from, to);
    const start = process.hrtime.bigint();
    for (let at = from * bytes; at < to * bytes; at += bytes) venue.frame(frames, at, at + bytes, 0);
    const elapsed = Number(process.hrtime.bigint() - start);
    this.tallied.drain();
    return elapsed / (to - from);
  }

  private renumber(from: number, to: number): void {
    const text = Buffer.from(this.frames.buffer, this.frames.byteOffset, this.frames.byteLength);
    for (let i = from; i < to; i++, this.nextId++) {
      text.write(String(this.nextId), i * this.bytes + FIRST_ID_AT, 'latin1');
      text.write(String(this.nextId), i * this.bytes + FINAL_ID_AT, 'latin1');
    }
  }
}

/** The same envelope around no levels: what every frame costs before its first level. */
export function emptyFrames(count: number): { frames: Uint8Array; bytes: number } {
  const frame = (id: number): string =>
    `{"e":"depthUpdate","E":${EVENT_MS},"s":"BTCUSDT","U":${id},"u":${id},"b":[],"a":[]}`;
  const text = Array.from({ length: count }, (_, i) => frame(FIRST_ID + 1 + i)).join('');
  return { frames: Buffer.from(text), bytes: text.length / count };
}

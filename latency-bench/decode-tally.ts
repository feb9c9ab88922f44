/** What a decoder found, as counts and sums that any other decoder of the same bytes must reach, in whatever order. */
import { EventKind } from '../src/core/event.ts';
import { readInstrumentPayload } from '../src/core/instrument-def.ts';
import { EventSink } from '../src/feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../src/ring/spsc.ts';

const RING_SLOTS = 1 << 12;

export const Row = { Level: 0, Trade: 1, Touch: 2 } as const;
export type Row = (typeof Row)[keyof typeof Row];

export class Tally {
  private readonly counts = [0, 0, 0];
  private readonly sums = [0, 0, 0];
  private readonly bits = new Float64Array(2);
  private readonly words = new Uint32Array(this.bits.buffer);

  /** A price and a quantity as decimal values. Empty levels don't count: a feed may add some of its own. */
  add(row: Row, price: number, qty: number): void {
    if (row === Row.Level && qty === 0) return;
    this.bits[0] = price;
    this.bits[1] = qty;
    let mixed = row + 1;
    for (const word of this.words) mixed = Math.imul(mixed ^ word, 0x9e3779b1) ^ (mixed >>> 15);
    this.counts[row]++;
    this.sums[row] = (this.sums[row] + mixed) | 0;
  }

  text(): string {
    return this.counts.map((count, row) => `${count}:${(this.sums[row] >>> 0).toString(16)}`).join(' ');
  }
}

/** A sink whose events are thrown away, or counted first where a tally is given. */
export class TallySink {
  readonly sink: EventSink;
  /** Events by kind, where there is a tally. */
  readonly kinds = new Float64Array(32);
  /** Sums of quantities by kind. */
  readonly qty = new Float64Array(32);
  private readonly writer: SpscWriter;
  private readonly reader: SpscReader;
  private readonly tally: Tally | null;
  private readonly units: [price: number, qty: number][] = [];

  constructor(tally: Tally | null) {
    const ring = createSpsc(RING_SLOTS);
    this.tally = tally;
    this.writer = new SpscWriter(ring);
    this.reader = new SpscReader(ring);
    this.writer.onFull = () => this.drain();
    this.sink = new EventSink(this.writer);
  }

  drain(): void {
    const { reader } = this;
    this.writer.publish();
    const count = reader.poll(RING_SLOTS);
    if (this.tally !== null) {
      for (let i = 0; i < count; i++) this.event(this.tally, ((reader.cursor + i) & reader.mask) << 3);
    }
    reader.release(count);
  }

  private event(tally: Tally, w: number): void {
    const { f64, u32, bytes } = this.reader;
    const kind = u32[w * 2] & 0xff;
    const instrument = u32[w * 2 + 1];
    this.kinds[kind]++;
    if (kind === EventKind.Instrument) {
      const { priceDecimals, qtyDecimals } = readInstrumentPayload(bytes, (w + 3) * 8, instrument);
      this.units[instrument] = [10 ** priceDecimals, 10 ** qtyDecimals];
      return;
    }
    this.qty[kind] += f64[w + 4];
    if (kind !== EventKind.Level && kind !== EventKind.Trade && kind !== EventKind.VenueBbo) return;
    // Exact integers divided by exact powers of ten: the double nearest to the decimal, as Number(text) gives it.
    const [price, qty] = this.units[instrument];
    if (kind === EventKind.VenueBbo) {
      tally.add(Row.Touch, f64[w + 3] / price, f64[w + 4] / qty);
      tally.add(Row.Touch, f64[w + 5] / price, f64[w + 6] / qty);
    } else tally.add(kind === EventKind.Level ? Row.Level : Row.Trade, f64[w + 3] / price, f64[w + 4] / qty);
  }
}

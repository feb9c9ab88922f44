/**
 * A feed that begins anew counts its instruments anew and finds their units anew; a log that goes on knows them already. Events
 * of the new feed are put into the log's words, in place, before the engine sees them: the index that the log gave the symbol,
 * and its units where those are finer. An instrument whose units the new feed makes finer than ever is redefined as in any run.
 */
import type { Books, EventMemory } from '../../book/books.ts';
import { POWERS_OF_TEN } from '../../core/decimal.ts';
import { EventKind } from '../../core/event.ts';
import { readInstrumentPayload, writeInstrumentPayload } from '../../core/instrument-def.ts';

/** Words of an event that are prices, and those that are quantities, by kind. */
const PRICES: Readonly<Record<number, readonly number[]>> = {
  [EventKind.Add]: [3],
  [EventKind.Execute]: [3],
  [EventKind.Reduce]: [3],
  [EventKind.Delete]: [3],
  [EventKind.Replace]: [3],
  [EventKind.Level]: [3],
  [EventKind.Trade]: [3],
  [EventKind.VenueBbo]: [3, 5],
  [EventKind.Auction]: [3, 6],
  [EventKind.Collar]: [3, 4, 5],
};
const QUANTITIES: Readonly<Record<number, readonly number[]>> = {
  [EventKind.Add]: [4],
  [EventKind.Execute]: [4],
  [EventKind.Reduce]: [4],
  [EventKind.Delete]: [4],
  [EventKind.Replace]: [4],
  [EventKind.Level]: [4],
  [EventKind.Trade]: [4],
  [EventKind.VenueBbo]: [4, 6],
  [EventKind.Auction]: [4, 5],
};

interface Units {
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
}

interface Translated {
  readonly instrument: number;
  readonly priceFactor: number;
  readonly qtyFactor: number;
}

export class FeedTranslation {
  /** Units by the log's index: the finest so far. */
  private readonly units: (Units | undefined)[] = [];
  private readonly indexOf = new Map<string, number>();
  /** By the feed's index. */
  private readonly known: (Translated | undefined)[] = [];
  private next: number;

  /** `books`: as the log left them. */
  constructor(books: Books) {
    this.next = books.defs.length;
    for (const def of books.defs) {
      if (def === undefined) continue;
      this.indexOf.set(def.symbol, def.instrument);
      this.units[def.instrument] = def;
    }
  }

  /** The events in `count` slots from slot `first` on. */
  apply(memory: EventMemory & { readonly mask: number }, first: number, count: number): void {
    for (let i = 0; i < count; i++) this.translate(memory, ((first + i) & memory.mask) << 3);
  }

  private translate(memory: EventMemory, w: number): void {
    const { u32, f64 } = memory;
    const kind = u32[w * 2] & 0xff;
    if (kind === EventKind.Instrument) this.define(memory, w);
    if (kind === EventKind.Session || kind === EventKind.Connection) return;
    const found = this.known[u32[w * 2 + 1]];
    if (found === undefined) return;
    u32[w * 2 + 1] = found.instrument;
    if (found.priceFactor !== 1) for (const word of PRICES[kind] ?? []) f64[w + word] *= found.priceFactor;
    if (found.qtyFactor !== 1) for (const word of QUANTITIES[kind] ?? []) f64[w + word] *= found.qtyFactor;
  }

  private define(memory: EventMemory, w: number): void {
    const theirs = readInstrumentPayload(memory.bytes, (w + 3) * 8, memory.u32[w * 2 + 1]);
    const instrument = this.indexOf.get(theirs.symbol) ?? this.next++;
    this.indexOf.set(theirs.symbol, instrument);
    const ours = this.units[instrument];
    const priceDecimals = Math.max(theirs.priceDecimals, ours?.priceDecimals ?? 0);
    const qtyDecimals = Math.max(theirs.qtyDecimals, ours?.qtyDecimals ?? 0);
    this.units[instrument] = { priceDecimals, qtyDecimals };
    this.known[theirs.instrument] = {
      instrument,
      priceFactor: POWERS_OF_TEN[priceDecimals - theirs.priceDecimals],
      qtyFactor: POWERS_OF_TEN[qtyDecimals - theirs.qtyDecimals],
    };
    writeInstrumentPayload(memory.bytes, (w + 3) * 8, { ...theirs, instrument, priceDecimals, qtyDecimals });
  }
}

/** The instruments of a text feed, found by the bytes of their symbol. */
import { StaleReason } from '../../core/event.ts';
import { BookKind, isValidSymbol, MAX_SYMBOL_LENGTH } from '../../core/instrument-def.ts';
import { MAX_INSTRUMENTS } from '../../core/limits.ts';
import { NameTable } from './name-table.ts';
import { Scale } from './scale.ts';
import type { TextBook } from './text-book.ts';

export class TextInstrument {
  /** Position in the table, over all symbols seen; a venue keeps its own state under it. */
  readonly ordinal: number;
  readonly symbol: string;
  /** The instrument's index in events, given when it is first used; -1 before. */
  index = -1;
  /** By level, unless the venue's stream shows every order. */
  bookKind: BookKind = BookKind.L2;
  readonly price = new Scale();
  readonly qty = new Scale();
  /** Why the book is not to be trusted; None when it is. */
  stale: StaleReason = StaleReason.AwaitingSnapshot;
  /** The book in the venue's own text, for venues whose checksums are made of that. */
  textBook: TextBook | null = null;

  constructor(ordinal: number, symbol: string) {
    this.ordinal = ordinal;
    this.symbol = symbol;
  }
}

export class InstrumentTable {
  private readonly names = new NameTable();
  private readonly instruments: (TextInstrument | null)[] = [];
  private readonly wanted: ReadonlySet<string> | null;
  private readonly note: (text: string) => void;
  private readonly prefix: string;

  /**
   * `symbols`: as the venue writes them; null for all. `note` is told of symbols that can't be used. `prefix`: what the
   * instruments' own names have in front of the venue's.
   */
  constructor(symbols: readonly string[] | null, note: (text: string) => void, prefix = '') {
    this.wanted = symbols === null ? null : new Set(symbols);
    this.note = note;
    this.prefix = prefix;
  }

  /** The instrument of the symbol bytes[from, to); null when it is not wanted or can't be used. */
  get(bytes: Uint8Array, from: number, to: number): TextInstrument | null {
    const ordinal = this.names.find(bytes, from, to);
    return ordinal >= 0 ? this.instruments[ordinal] : this.meet(bytes, from, to);
  }

  /** The same, but null for a symbol that was not met before. */
  known(bytes: Uint8Array, from: number, to: number): TextInstrument | null {
    const ordinal = this.names.find(bytes, from, to);
    return ordinal >= 0 ? this.instruments[ordinal] : null;
  }

  /** Every symbol the recording has shown, wanted or not. */
  seenSymbols(): string[] {
    return this.names.names.map((name) => Buffer.from(name).toString('utf8'));
  }

  private meet(bytes: Uint8Array, from: number, to: number): TextInstrument | null {
    const ordinal = this.names.add(bytes, from, to);
    let instrument: TextInstrument | null = null;
    const symbol = Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
    if (!isValidSymbol(this.prefix + symbol)) {
      const shown = JSON.stringify(symbol.length > 48 ? `${symbol.slice(0, 48)}...` : symbol);
      this.note(
        `error: symbol ${shown} is ignored: it is not 1-${MAX_SYMBOL_LENGTH - this.prefix.length} printable ASCII characters`,
      );
    } else if (ordinal >= MAX_INSTRUMENTS) {
      this.note(`error: symbol ${symbol} is ignored: more than ${MAX_INSTRUMENTS} symbols`);
    } else if (this.wanted === null || this.wanted.has(symbol)) {
      instrument = new TextInstrument(ordinal, symbol);
    }
    this.instruments.push(instrument);
    return instrument;
  }
}

/** What a venue keeps for each instrument, made when first asked for. */
export class PerInstrument<T> {
  private readonly make: (instrument: TextInstrument) => T;
  private readonly byOrdinal: (T | undefined)[] = [];
  /** All there are, in order of first use. */
  readonly all: T[] = [];

  constructor(make: (instrument: TextInstrument) => T) {
    this.make = make;
  }

  of(instrument: TextInstrument): T {
    return this.byOrdinal[instrument.ordinal] ?? this.add(instrument);
  }

  private add(instrument: TextInstrument): T {
    const one = this.make(instrument);
    while (this.byOrdinal.length < instrument.ordinal) this.byOrdinal.push(undefined);
    this.byOrdinal[instrument.ordinal] = one;
    this.all.push(one);
    return one;
  }
}

/** What is known of each stock locate: its symbol, and whether its events are wanted. */
import { BookKind } from '../../core/instrument-def.ts';
import type { EventSink } from '../sink.ts';
import { ITCH_PRICE_DECIMALS } from './layout.ts';

export const LocateState = {
  Undefined: 0,
  Wanted: 1,
  Unwanted: 2,
  /** Defined under a makeshift name, until a message holds the symbol. */
  Unnamed: 3,
} as const;

/**
 * A locate gets its instrument from its directory message. A recording that starts mid-day has none: then from the
 * first message that holds the symbol; until there is one the instrument is called `LOCATE<n>`.
 */
export class ItchDirectory {
  /** LocateState by locate. */
  readonly state = new Uint8Array(1 << 16);
  /** Instruments that were defined without a directory message. */
  undirected = 0;
  /** Locates of the wanted instruments, in the order in which they were defined; twice where one was renamed. */
  readonly defined: number[] = [];
  private readonly symbols: string[] = [];
  private readonly locates = new Map<string, number>();
  private readonly wanted: ReadonlySet<string> | null;

  constructor(wanted: readonly string[] | null) {
    this.wanted = wanted === null ? null : new Set(wanted);
  }

  /** Defines (or renames) the instrument of a locate; returns true when its events are wanted. */
  define(locate: number, symbol: string, fromDirectory: boolean, tsEvent: number, sink: EventSink): boolean {
    if (this.symbols[locate] !== symbol) {
      if (!fromDirectory && this.state[locate] === LocateState.Undefined) this.undirected++;
      this.locates.set(symbol, locate);
      this.state[locate] = this.isWanted(symbol) ? LocateState.Wanted : LocateState.Unwanted;
      this.symbols[locate] = symbol;
      if (this.state[locate] === LocateState.Wanted) this.emit(locate, symbol, tsEvent, sink);
    }
    return this.state[locate] === LocateState.Wanted;
  }

  /** For a message that holds no symbol, of a locate that nothing has named; returns true when its events are wanted. */
  defineUnnamed(locate: number, tsEvent: number, sink: EventSink): boolean {
    const symbol = `LOCATE${locate}`;
    if (this.state[locate] === LocateState.Undefined) {
      this.undirected++;
      this.state[locate] = LocateState.Unnamed;
      if (this.isWanted(symbol)) this.emit(locate, symbol, tsEvent, sink);
    }
    return this.isWanted(symbol);
  }

  /** The locate of a symbol, or 0. */
  locateOf(symbol: string): number {
    return this.locates.get(symbol) ?? 0;
  }

  /** Every symbol seen, wanted or not. */
  seenSymbols(): string[] {
    return [...this.locates.keys()];
  }

  isWanted(symbol: string): boolean {
    return this.wanted === null || this.wanted.has(symbol);
  }

  private emit(locate: number, symbol: string, tsEvent: number, sink: EventSink): void {
    this.defined.push(locate);
    sink.instrument(
      { instrument: locate, symbol, bookKind: BookKind.L3, priceDecimals: ITCH_PRICE_DECIMALS, qtyDecimals: 0 },
      tsEvent,
    );
  }
}

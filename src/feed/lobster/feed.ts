/**
 * The LOBSTER feed: message files, with or without their orderbook files, day by day. Prices are in 1/10,000 dollar.
 * The instrument's name and day come from the file names (`files.ts`), as nothing in the files holds them.
 *
 * With an orderbook file, the book starts from its first row and every row is checked; see `window.ts` for what the
 * message file does not tell. Without one the book starts empty, and is stale from the first order that was never seen.
 */
import { TapeheadError } from '../../core/errors.ts';
import { BookKind } from '../../core/instrument-def.ts';
import { type Feed, type FeedControl, type FeedResult, newFeedStats } from '../feed.ts';
import { openSource } from '../input/open.ts';
import type { EventSink } from '../sink.ts';
import { checkSymbols } from '../symbols.ts';
import { LobsterDayRun } from './day-run.ts';
import { type LobsterDay, UNNAMED_SYMBOL } from './files.ts';
import { LineReader } from './line-reader.ts';

export interface LobsterOptions {
  /** Only these instruments (there is one); null: all. A single one names a recording whose files do not. */
  readonly symbols: readonly string[] | null;
  /** Bytes read at a time. */
  readonly chunkBytes?: number;
}

const INSTRUMENT = 0;
const DECIMALS = 4;

export class LobsterFeed implements Feed {
  private readonly days: readonly (LobsterDay & { readonly offsetNs: number })[];
  private readonly options: LobsterOptions;
  private readonly stats = newFeedStats();
  private readonly symbol: string;
  private finishedBytes = 0;
  private stopped = false;

  constructor(days: readonly (LobsterDay & { readonly offsetNs: number })[], options: LobsterOptions) {
    this.days = days;
    this.options = options;
    const [named] = days;
    const { symbols } = options;
    this.symbol = named.symbol === UNNAMED_SYMBOL && symbols?.length === 1 ? symbols[0] : named.symbol;
  }

  async run(sink: EventSink, control: FeedControl): Promise<FeedResult> {
    checkSymbols(this.options.symbols, [this.symbol]);
    let truncated: string | null = null;
    try {
      for (const [index, day] of this.days.entries()) {
        if (truncated !== null) {
          throw new TapeheadError('TRUNCATED', `${truncated}, but more days follow: the recording has a hole there`);
        }
        truncated = await this.day(day, index === 0, sink, control);
        if (this.stopped) return { stats: this.stats, truncated: null };
      }
      if (sink.messages > 0) return { stats: this.stats, truncated };
      const why = truncated === null ? '' : ` (${truncated})`;
      throw new TapeheadError('EMPTY', `${this.days[0].message.path}: not one whole message in it${why}`);
    } finally {
      sink.flush();
    }
  }

  /** Returns where the day's files are cut, or null. */
  private async day(
    day: LobsterDay & { readonly offsetNs: number },
    isFirst: boolean,
    sink: EventSink,
    control: FeedControl,
  ): Promise<string | null> {
    const messages = new LineReader(await openSource(day.message), this.options.chunkBytes);
    let rows: LineReader | null = null;
    try {
      if (day.orderbook !== null) rows = new LineReader(await openSource(day.orderbook), this.options.chunkBytes);
      const define = isFirst ? (tsEvent: number) => this.define(sink, tsEvent) : null;
      const run = new LobsterDayRun(messages, rows, { instrument: INSTRUMENT, offsetNs: day.offsetNs, define }, sink);
      await this.lines(run, messages, rows, sink, control);
      run.finish(this.stats, this.symbol);
      this.finishedBytes += bytesOf(messages, rows);
      return this.stopped ? null : run.truncated;
    } finally {
      await messages.source.close();
      await rows?.source.close();
    }
  }

  private define(sink: EventSink, tsEvent: number): void {
    sink.instrument(
      { instrument: INSTRUMENT, symbol: this.symbol, bookKind: BookKind.L3, priceDecimals: DECIMALS, qtyDecimals: 0 },
      tsEvent,
    );
  }

  private async lines(
    run: LobsterDayRun,
    messages: LineReader,
    rows: LineReader | null,
    sink: EventSink,
    control: FeedControl,
  ): Promise<void> {
    for (;;) {
      while (!messages.advance()) {
        sink.flush();
        control.progress(this.finishedBytes + bytesOf(messages, rows));
        if (control.stopRequested()) this.stopped = true;
        if (this.stopped || !(await messages.fill())) return;
      }
      let hasRow = rows !== null;
      while (rows !== null && hasRow && !rows.advance()) hasRow = await rows.fill();
      if (!run.step(hasRow)) return;
      if (sink.done) {
        this.stopped = true;
        return;
      }
    }
  }
}

function bytesOf(messages: LineReader, rows: LineReader | null): number {
  return messages.source.diskBytes + (rows?.source.diskBytes ?? 0);
}

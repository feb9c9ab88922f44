/**
 * A finished log with all its moments: read once from end to end, with a keyframe every so often; any moment is rebuilt from the
 * keyframe before it and the records behind that. Keyframes are thinned out where they would take too much memory.
 */
import { LogReader } from '../audit/log-reader.ts';
import { TapeheadError } from '../core/errors.ts';
import { getSessionNs } from '../core/time.ts';
import type { TimeTravel } from './client.ts';
import { Gauges } from './model/gauges.ts';
import { type Keyframe, Model } from './model/model.ts';
import type { View } from './topics.ts';

/**
 * Records between two keyframes at first. A moment costs at most so many records of reading, some 0.5 us each (2026-11-23,
 * tapehead bench dashboard).
 */
const RECORDS_APART = 1 << 14;
const MOST_KEYFRAMES = 64;
const MOST_BYTES = 256 << 20;
/** Clients that look at a moment of their own. */
const MOST_VIEWS = 16;
/** Of a row in a table or history, with what it points to; generous. */
const ROW_BYTES = 300;
const YIELD_RECORDS = 1 << 15;

export interface ArchiveOptions {
  readonly recordsApart?: number;
  /** Told of the records read so far, some thirty times a million; a promise is waited for. */
  readonly progress?: (records: number) => void | Promise<void>;
}

export class LogArchive implements TimeTravel {
  /** The end of the log. */
  readonly view: View;
  private readonly directory: string;
  private keyframes: Keyframe[] = [];
  private recordsApart: number;
  private bytes = 0;
  private readonly views = new Set<View>();

  private constructor(directory: string, recordsApart: number) {
    this.directory = directory;
    this.recordsApart = recordsApart;
    this.view = this.makeView();
  }

  /** Reads the log. Throws TapeheadError for what is no log, an empty one, or a damaged one. */
  static async open(directory: string, options: ArchiveOptions = {}): Promise<LogArchive> {
    const archive = new LogArchive(directory, options.recordsApart ?? RECORDS_APART);
    const reader = new LogReader(directory);
    try {
      await archive.read(reader, options.progress ?? (() => {}));
    } finally {
      reader.close();
    }
    if (archive.view.model.seq === 0) throw new TapeheadError('EMPTY', `${directory}: the log holds no record`);
    return archive;
  }

  get records(): number {
    return this.view.model.seq;
  }

  get keyframeCount(): number {
    return this.keyframes.length;
  }

  seek(ns: number, current: View): View {
    const own = this.views.has(current) ? current : this.addView();
    try {
      this.goTo(own.model, ns);
    } catch (error) {
      if (own !== current) this.leave(own); // nobody would look at it
      throw error;
    }
    return own;
  }

  leave(view: View): void {
    this.views.delete(view);
  }

  /** The state behind the last record that is not later than `ns`. */
  private goTo(model: Model, ns: number): void {
    const { keyframes } = this;
    let at = keyframes.length - 1;
    while (at > 0 && keyframes[at].nowNs > ns) at--;
    // On from where it is, if that is nearer than the keyframe.
    const isNearer = model.nowNs <= ns && model.seq >= keyframes[at].seq;
    if (!isNearer) model.load(keyframes[at]);
    const { base } = this.view.model;
    const reader = new LogReader(this.directory);
    try {
      reader.seek(model.seq + 1);
      while (reader.next() && reader.seq <= this.records) {
        if (getSessionNs(reader.u32, (reader.at >> 2) + 4, base) > ns) break;
        model.take(reader, reader.at);
      }
    } finally {
      reader.close();
    }
  }

  private addView(): View {
    if (this.views.size >= MOST_VIEWS) throw new Error(`${MOST_VIEWS} clients look at moments of their own already`);
    const view = this.makeView();
    view.model.adopt(this.view.model);
    this.views.add(view);
    return view;
  }

  private makeView(): View {
    const sources = {
      telemetry: null,
      journal: null,
      journalReaders: [],
      feedRing: null,
      logDirectory: this.directory,
    };
    return { model: new Model(), gauges: new Gauges(sources), epoch: 0 };
  }

  private async read(reader: LogReader, progress: (records: number) => void | Promise<void>): Promise<void> {
    const { model } = this.view;
    this.keep(model.save());
    let next = this.recordsApart;
    while (reader.next()) {
      model.take(reader, reader.at);
      if (model.seq >= next) {
        this.keep(model.save());
        next = model.seq + this.recordsApart;
      }
      if (model.seq % YIELD_RECORDS === 0) await progress(model.seq);
    }
  }

  private keep(frame: Keyframe): void {
    this.keyframes.push(frame);
    this.bytes += sizeOf(frame);
    while (this.keyframes.length > 2 && (this.keyframes.length > MOST_KEYFRAMES || this.bytes > MOST_BYTES)) {
      this.keyframes = this.keyframes.filter((_, i) => i % 2 === 0);
      this.bytes = this.keyframes.reduce((sum, one) => sum + sizeOf(one), 0);
      this.recordsApart *= 2;
    }
  }
}

function sizeOf({ market, trading, standing, alerts }: Keyframe): number {
  const { columns, books, trades } = market;
  const rows =
    trades.rows.length +
    trading.orders.length +
    trading.fills.rows.length +
    trading.pnl.rows.length +
    standing.risk.rows.length +
    alerts.rows.length;
  return columns.byteLength + books.levels.byteLength + books.orders.byteLength + rows * ROW_BYTES;
}

/** How large one order may be: quantity, notional, and in percent of what is traded on average. */
import type { Fnv64 } from '../core/hash.ts';
import { RejectCode } from '../core/order.ts';
import { Wide } from '../core/wide.ts';
import { Check, type Request } from './checks.ts';
import { MAX_NOTIONAL, MAX_QTY, VOLUME_MILLIONTHS } from './exposure-rows.ts';
import { NOT_BOUND, VOLUME } from './limit-vectors.ts';
import { MILLION } from './limits.ts';
import { VolumeWindow } from './volume-window.ts';

const NONE = Number.POSITIVE_INFINITY;

/** As in reference.ts: far enough apart for rounded products. */
const CLEARLY = 1 - 2 ** -50;

export class Sizes {
  private volumes: (VolumeWindow | undefined)[] = [];
  private intervalNs: number;
  private intervals: number;
  private readonly a = new Wide();
  private readonly b = new Wide();
  private readonly cells = new Float64Array(4);

  constructor(intervalNs: number, intervals: number) {
    this.intervalNs = intervalNs;
    this.intervals = intervals;
  }

  /** Other intervals: the average starts anew. */
  setWindow(intervalNs: number, intervals: number): void {
    if (intervalNs === this.intervalNs && intervals === this.intervals) return;
    this.intervalNs = intervalNs;
    this.intervals = intervals;
    this.volumes = this.volumes.map((old) => (old === undefined ? old : new VolumeWindow(intervalNs, intervals)));
  }

  define(instrument: number): void {
    this.volumes[instrument] ??= new VolumeWindow(this.intervalNs, this.intervals);
  }

  /** trade[qtyAt] lots at time[0]. */
  onTrade(instrument: number, trade: Float64Array, qtyAt: number, time: Float64Array): void {
    this.volumes[instrument]?.add(trade[qtyAt], time[0]);
  }

  checkQty(request: Request, f64: Float64Array, row: number): RejectCode {
    return request.within(Check.MaxQty, request.qtyLots, f64[row + MAX_QTY]) ? RejectCode.None : RejectCode.MaxQty;
  }

  checkNotional(request: Request, f64: Float64Array, row: number): RejectCode {
    request.lastCheck = Check.MaxNotional;
    const limit = f64[row + MAX_NOTIONAL];
    if (limit === NONE) return RejectCode.None;
    if (Number.isNaN(request.notionalMicro)) return RejectCode.RiskUnavailable;
    return request.within(Check.MaxNotional, request.notionalMicro, limit) ? RejectCode.None : RejectCode.MaxNotional;
  }

  /** qty x complete intervals x 1,000,000 <= traded in them x millionths, exactly. Without a complete interval: refused. */
  checkVolume(request: Request, f64: Float64Array, row: number): RejectCode {
    request.lastCheck = Check.AverageVolume;
    const millionths = f64[row + VOLUME_MILLIONTHS];
    if (millionths === NONE) return RejectCode.None;
    const window = this.volumes[request.instrument];
    const complete = window === undefined ? 0 : window.advance(request.nowNs);
    const traded = window === undefined ? 0 : window.sumLots;
    const { cells } = this;
    cells[0] = request.qtyLots;
    cells[1] = complete * MILLION;
    cells[2] = traded;
    cells[3] = millionths;
    const isBeyond = complete === 0 || this.a.setProductAt(cells, 0).compareTo(this.b.setProductAt(cells, 2)) > 0;
    const limit = complete === 0 ? 0 : Math.floor((traded / complete) * (millionths / MILLION));
    if (!isBeyond) request.within(Check.AverageVolume, Math.min(request.qtyLots, limit), limit);
    else request.fail(request.qtyLots, limit);
    return isBeyond ? RejectCode.AverageVolume : RejectCode.None;
  }

  /**
   * What `checkVolume` compares, and with what, at its place in `values` and `limits` (which begin at `at`). False where
   * the quantity is beyond the limit or within rounding of it. Closes intervals as `checkVolume` does.
   */
  readVolume(
    request: Request,
    f64: Float64Array,
    row: number,
    values: Float64Array,
    limits: Float64Array,
    at: number,
  ): boolean {
    values[VOLUME] = NOT_BOUND;
    const millionths = f64[row + VOLUME_MILLIONTHS];
    if (millionths === NONE) return true;
    const window = this.volumes[request.instrument];
    const complete = window === undefined ? 0 : window.advance(request.nowNs);
    if (window === undefined || complete === 0) return false;
    const { qtyLots } = request;
    const traded = window.sumLots;
    if (!(qtyLots * (complete * MILLION) <= traded * millionths * CLEARLY)) return false;
    const limit = Math.floor((traded / complete) * (millionths / MILLION));
    values[VOLUME] = qtyLots < limit ? qtyLots : limit;
    limits[at + VOLUME] = limit;
    return true;
  }

  rescale(instrument: number, qtyFactor: number): void {
    this.volumes[instrument]?.rescale(qtyFactor);
  }

  foldInto(hash: Fnv64): void {
    for (const window of this.volumes) window?.foldInto(hash);
  }
}

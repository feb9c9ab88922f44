/**
 * Every execution of a run, as linked lists of one per position, oldest first, in columns of typed arrays. They are the
 * queue of FIFO accounting, and what a position is computed from again when one of them is busted. Index 0 is nobody.
 *
 * Memory: 52 bytes a fill.
 */
export class Fills {
  count = 0;
  /** Signed: bought positive. */
  qtyLots!: Float64Array;
  pxTicks!: Float64Array;
  /** Wide: whole units of the instrument's money; negative: a rebate. */
  feeHi!: Float64Array;
  feeLo!: Float64Array;
  execId!: Float64Array;
  /** What of it is still open (FIFO), unsigned. */
  openLots!: Float64Array;
  next!: Int32Array;
  private capacity = 0;

  constructor(capacity = 1 << 10) {
    this.grow(capacity);
  }

  add(qtyLots: number, pxTicks: number, feeHi: number, feeLo: number, execId: number): number {
    if (this.count + 1 >= this.capacity) this.grow(this.capacity * 2);
    const fill = ++this.count;
    this.qtyLots[fill] = qtyLots;
    this.pxTicks[fill] = pxTicks;
    this.feeHi[fill] = feeHi;
    this.feeLo[fill] = feeLo;
    this.execId[fill] = execId;
    this.openLots[fill] = 0;
    this.next[fill] = 0;
    return fill;
  }

  private grow(capacity: number): void {
    this.capacity = capacity;
    const wider = (old: Float64Array | undefined): Float64Array => {
      const column = new Float64Array(capacity);
      if (old !== undefined) column.set(old);
      return column;
    };
    this.qtyLots = wider(this.qtyLots);
    this.pxTicks = wider(this.pxTicks);
    this.feeHi = wider(this.feeHi);
    this.feeLo = wider(this.feeLo);
    this.execId = wider(this.execId);
    this.openLots = wider(this.openLots);
    const next = new Int32Array(capacity);
    if (this.next !== undefined) next.set(this.next);
    this.next = next;
  }
}

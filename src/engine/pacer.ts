/** Replays at a multiple of the recording's own pace: sleeps the feed thread until each message is due. */
import { monotonicNs } from '../core/clock.ts';
import type { Pacer } from '../feed/sink.ts';

/** Longest sleep at a stretch, so that a stop request is seen and other stages on this thread get their turn. */
const SLICE_MS = 10;
/** Messages due within this are let through: sleeping is no finer. */
const SLACK_NS = 50_000;

export class RealTimePacer implements Pacer {
  sleptNs = 0;
  readonly intended = new Float64Array(1);
  private readonly speed: number;
  private readonly stopRequested: () => boolean;
  /** Other stages of this thread; returns how much they did. */
  private readonly cooperate: () => number;
  private readonly nap = new Int32Array(new SharedArrayBuffer(4));
  private firstRecvNs = -1;
  private startNs = 0;

  constructor(speed: number, stopRequested: () => boolean, cooperate: () => number) {
    this.speed = speed;
    this.stopRequested = stopRequested;
    this.cooperate = cooperate;
  }

  waitUntil(tsRecv: number, publish: () => void): boolean {
    if (this.firstRecvNs < 0) {
      this.firstRecvNs = tsRecv;
      this.startNs = monotonicNs();
      this.intended[0] = this.startNs;
      return true;
    }
    const dueNs = this.startNs + (tsRecv - this.firstRecvNs) / this.speed;
    this.intended[0] = dueNs;
    let now = monotonicNs();
    if (dueNs - now <= SLACK_NS) return true;
    publish();
    const sleepStartNs = now;
    while (dueNs - now > SLACK_NS) {
      if (this.stopRequested()) return false;
      if (this.cooperate() === 0) Atomics.wait(this.nap, 0, 0, Math.min(SLICE_MS, (dueNs - now) / 1e6));
      now = monotonicNs();
    }
    this.sleptNs += now - sleepStartNs;
    return true;
  }
}

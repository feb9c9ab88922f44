/** What a network does to the packets of one line: seeded, so that a run can be had again, and counted. */
import { Prng } from '../../core/prng.ts';

export interface LineFaultRates {
  /** Shares of the packets, 0 to 1. */
  readonly drop?: number;
  readonly duplicate?: number;
  /** Sent behind one to three later ones. */
  readonly reorder?: number;
  readonly delay?: number;
  /** Of a delayed packet, at most. */
  readonly delayMs?: number;
  /** Sent without their end. */
  readonly truncate?: number;
}

type Send = (packet: Buffer) => void;

interface Kept {
  readonly packet: Buffer;
  readonly send: Send;
  /** Sent when so many more have gone by, or at this time. */
  after: number;
  readonly atMs: number;
}

export class FaultyLine {
  readonly counts = { sent: 0, dropped: 0, duplicated: 0, reordered: 0, delayed: 0, truncated: 0 };
  private readonly rates: LineFaultRates;
  private readonly random: Prng;
  private readonly usual: Send;
  private readonly kept: Kept[] = [];

  /** `send`: where packets go that are offered without a place of their own. */
  constructor(rates: LineFaultRates, seed: number, send: Send) {
    this.rates = rates;
    this.random = new Prng(seed);
    this.usual = send;
  }

  /** A packet is to go out. */
  offer(packet: Buffer, nowMs: number, send: Send = this.usual): void {
    const { rates, counts } = this;
    if (this.chance(rates.drop)) counts.dropped++;
    else if (this.chance(rates.truncate)) {
      counts.truncated++;
      this.out(packet.subarray(0, this.random.below(packet.length)), send);
    } else if (this.chance(rates.delay)) {
      counts.delayed++;
      const atMs = nowMs + this.random.unit() * (rates.delayMs ?? 1);
      this.kept.push({ packet, send, after: Number.POSITIVE_INFINITY, atMs });
    } else if (this.chance(rates.reorder)) {
      counts.reordered++;
      this.kept.push({ packet, send, after: 2 + this.random.below(3), atMs: nowMs + 100 });
    } else {
      this.out(packet, send);
      if (this.chance(rates.duplicate)) {
        counts.duplicated++;
        this.out(packet, send);
      }
    }
    for (const one of this.kept) one.after--;
    this.tick(nowMs);
  }

  /** Sends what was kept and is due. */
  tick(nowMs: number): void {
    for (let i = 0; i < this.kept.length; i++) {
      const { packet, send, after, atMs } = this.kept[i];
      if (after > 0 && nowMs < atMs) continue;
      this.kept.splice(i--, 1);
      this.out(packet, send);
    }
  }

  private out(packet: Buffer, send: Send): void {
    this.counts.sent++;
    send(packet);
  }

  private chance(rate: number | undefined): boolean {
    return rate !== undefined && rate > 0 && this.random.unit() < rate;
  }
}

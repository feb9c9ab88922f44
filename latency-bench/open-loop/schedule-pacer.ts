/** Paces a feed by a schedule instead of the recording's own times: a decoder's messages go out when the schedule says. */
import type { FeedTrace } from '../../src/core/trace.ts';
import type { Pacer } from '../../src/feed/sink.ts';
import { LoopTime, type OpenLoop } from './open-loop.ts';

export class SchedulePacer implements Pacer {
  /** The feed is busy waiting, which is not the decoder's time. */
  sleptNs = 0;
  private readonly loop: OpenLoop;
  private readonly untilNs: number;

  constructor(loop: OpenLoop, untilNs: number) {
    this.loop = loop;
    this.untilNs = untilNs;
  }

  waitUntil(_tsRecv: number, publish: () => void): boolean {
    publish();
    return this.loop.next(this.untilNs);
  }

  /** The intended time of the message under way becomes the first stamp of its trace. */
  stamp(trace: FeedTrace): void {
    trace.readOnSchedule(this.loop.times, LoopTime.Intended);
  }
}

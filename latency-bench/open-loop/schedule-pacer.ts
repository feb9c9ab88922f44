/** Paces a feed by a schedule instead of the recording's own times: a decoder's messages go out when the schedule says. */
import type { Pacer } from '../../src/feed/sink.ts';
import type { OpenLoop } from './open-loop.ts';

export class SchedulePacer implements Pacer {
  /** It never sleeps: the sender looks at the clock until a message is due. */
  readonly sleptNs = 0;
  /** LoopTime: the intended time comes first. */
  readonly intended: Float64Array;
  private readonly loop: OpenLoop;

  constructor(loop: OpenLoop) {
    this.loop = loop;
    this.intended = loop.times;
  }

  waitUntil(_tsRecv: number, publish: () => void): boolean {
    publish();
    return this.loop.next();
  }
}

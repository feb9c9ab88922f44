/** Service and response time of every message, in histograms of three digits; recording allocates nothing. */
import { Histogram } from '../../src/core/histogram.ts';
import { LoopTime } from './open-loop.ts';

export class LatencyRecorder {
  /** From the start of the work to its end. */
  readonly service: Histogram;
  /** From the intended time to the end of the work. */
  readonly response: Histogram;

  constructor(service: Histogram = Histogram.fine(), response: Histogram = Histogram.fine()) {
    this.service = service;
    this.response = response;
  }

  /** `times`: LoopTime of one message. */
  record(times: Float64Array): void {
    this.service.record(times[LoopTime.End] - times[LoopTime.Start]);
    this.response.record(times[LoopTime.End] - times[LoopTime.Intended]);
  }
}

/** Takes a feed's events out of its ring and counts them: where no engine runs along. */
import { EventKind } from '../core/event.ts';
import { EventSink } from '../feed/sink.ts';
import { createSpsc, SpscReader, SpscWriter } from '../ring/spsc.ts';

const RING_SLOTS = 1 << 15;

export class EventTally {
  readonly sink: EventSink;
  events = 0;
  private readonly byKind = new Float64Array(256);
  private readonly reader: SpscReader;

  constructor() {
    const shared = createSpsc(RING_SLOTS);
    const writer = new SpscWriter(shared);
    this.reader = new SpscReader(shared);
    writer.onFull = () => this.drain();
    this.sink = new EventSink(writer);
  }

  get gaps(): number {
    return this.byKind[EventKind.Gap];
  }

  get duplicates(): number {
    return this.byKind[EventKind.Duplicate];
  }

  get outOfOrder(): number {
    return this.byKind[EventKind.OutOfOrder];
  }

  get checksumFailures(): number {
    return this.byKind[EventKind.ChecksumFailure];
  }

  drain(): void {
    const { reader, byKind } = this;
    const slots = reader.poll(RING_SLOTS);
    for (let i = 0; i < slots; i++) {
      const w = ((reader.cursor + i) & reader.mask) << 3;
      byKind[reader.u32[w * 2] & 0xff]++;
    }
    reader.release(slots);
    this.events += slots;
  }
}

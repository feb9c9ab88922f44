/** The events of a recording, decoded by the real feed, as plain objects in memory. */
import { detectRecording } from '../../src/feed/detect.ts';
import { openFeed } from '../../src/feed/open.ts';
import { EventProbe, type SeenEvent } from './event-probe.ts';

export async function recordedEvents(
  path: string,
  options: { symbols?: readonly string[]; maxMessages?: number } = {},
): Promise<SeenEvent[]> {
  const probe = new EventProbe(options.maxMessages);
  const recording = await detectRecording([path]);
  await openFeed(recording, { symbols: options.symbols ?? null }).run(probe.sink, {
    stopRequested: () => probe.sink.done,
    progress: () => undefined,
  });
  return probe.take();
}

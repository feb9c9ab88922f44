/** Worker threads that work together for as long as a benchmark needs them. */
import { Hand } from './crew.ts';

export async function withHands<Job, Answer, Result>(
  program: URL,
  count: number,
  use: (hands: readonly Hand<Job, Answer>[]) => Promise<Result>,
): Promise<Result> {
  const hands = Array.from({ length: count }, () => new Hand<Job, Answer>(program));
  try {
    return await use(hands);
  } finally {
    await Promise.all(hands.map((hand) => hand.end()));
  }
}

/** Of `count` records, from the first one written to the last one read, a second; all threads read the same clock. */
export function rateOf(count: number, writer: { startNs: number }, readers: readonly { endNs: number }[]): number {
  const endNs = Math.max(...readers.map((reader) => reader.endNs));
  return Math.round((count / (endNs - writer.startNs)) * 1e9);
}

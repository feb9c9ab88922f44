/**
 * The plainest account of several lines with one stream, given the whole past: a message is used once, in order, and a
 * sequence is lost only if no line ever brings it. It decides with hindsight, and so says what the best arbiter could do.
 */
export function bestOf(lines: readonly (readonly number[])[]): number[] {
  return [...new Set(lines.flat())].sort((a, b) => a - b);
}

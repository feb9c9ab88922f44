/** A broken invariant inside tapehead: never the user's fault, never caught on the hot path. */
export class BugError extends Error {
  override readonly name = 'BugError';
}

/** Always on, in production too: a wrong figure costs more than a stopped engine. */
export function assert(condition: boolean, what: string): asserts condition {
  if (!condition) throw new BugError(`invariant broken: ${what}`);
}

/** What a strategy's failure is called in the log: one line, the same in a rerun, whatever was thrown. */
import { budget, OverBudgetError } from './budget.ts';
import { NonDeterministicError } from './guard.ts';
import { NonsenseError } from './nonsense.ts';

/** Steps allowed to code that runs while a thrown value is looked at (getters of its own). */
const TEXT_TICKS = 10_000;
const MAX_TEXT = 300;

/** Source files of a strategy as they stand in stack traces, and what the log calls them. */
export type SourceNames = ReadonlyMap<string, string>;

/** The message of a thrown value on one line, and the place in the strategy's own files where it knows it. */
export function failureText(thrown: unknown, sources: SourceNames): string {
  budget.start(TEXT_TICKS);
  let message = 'something that can not be shown';
  let stack = '';
  try {
    if (thrown instanceof Error) {
      const kind = String(thrown.name);
      message = String(thrown.message);
      if (kind !== 'Error' && kind !== '' && !isOwn(thrown)) message = `${kind}: ${message}`;
      stack = String(thrown.stack);
    } else {
      message = `threw ${String(thrown)}`;
    }
  } catch {
    // A getter or toString of the strategy's own that throws in turn.
  }
  const place = placeIn(stack, sources);
  const line = message.replace(/\s+/g, ' ').slice(0, MAX_TEXT);
  return place === null ? line : `${line} (${place})`;
}

/** The reason of the halt says what kind of failure it is. */
function isOwn(thrown: Error): boolean {
  return (
    thrown instanceof OverBudgetError || thrown instanceof NonDeterministicError || thrown instanceof NonsenseError
  );
}

/** `file:line` of the innermost frame that lies in one of the sources. */
function placeIn(stack: string, sources: SourceNames): string | null {
  for (const frame of stack.split('\n')) {
    const match = /:(\d+):\d+\)?$/.exec(frame);
    if (match === null || !/^\s*at /.test(frame)) continue;
    const before = frame.slice(0, match.index);
    for (const [path, name] of sources) {
      if (before.endsWith(`(${path}`) || before.endsWith(` ${path}`)) return `${name}:${match[1]}`;
    }
  }
  return null;
}

export function isStackOverflow(thrown: unknown): boolean {
  return thrown instanceof RangeError && thrown.message === 'Maximum call stack size exceeded';
}

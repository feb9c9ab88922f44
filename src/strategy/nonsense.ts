/**
 * Calls of the context that make no sense whatever the market does: bugs of the strategy, which is halted for the first.
 * One that the strategy catches is still on record, as with the budget and the guard. One state per thread.
 */
export class NonsenseError extends Error {
  override readonly name = 'Nonsense';
}

class Nonsense {
  first: NonsenseError | null = null;

  refuse(text: string): never {
    const error = new NonsenseError(text);
    this.first ??= error;
    throw error;
  }
}

export const nonsense = new Nonsense();

/** How a value looks in one line: `"1" (a string)`. */
export function describe(value: unknown): string {
  if (value === null || value === undefined) return String(value);
  if (typeof value === 'string') return `${JSON.stringify(value.slice(0, 40))} (a string)`;
  if (typeof value === 'number' || typeof value === 'boolean') return `${value} (a ${typeof value})`;
  if (typeof value === 'bigint') return `${value}n (a bigint)`;
  return Array.isArray(value) ? 'an array' : `a value of type ${typeof value}`;
}

/** `value` where it is a number (NaN is one: pre-trade risk refuses it); otherwise it is refused here. */
export function numberOf(value: unknown, what: string): number {
  if (typeof value === 'number') return value;
  return nonsense.refuse(`${what} is ${describe(value)}, not a number`);
}

export function stringOf(value: unknown, what: string): string {
  if (typeof value === 'string') return value;
  return nonsense.refuse(`${what} is ${describe(value)}, not a string`);
}

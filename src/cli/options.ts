/** Parsers of option values: each error is one line that says what was expected. */
import { InvalidArgumentError } from 'commander';
import type { FormatName } from '../feed/feed.ts';

export const FORMAT_NAMES: readonly FormatName[] = ['itch50', 'lobster', 'binance', 'capture'];

export function positiveInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value) || value < 1) {
    throw new InvalidArgumentError('expected a whole number from 1 on.');
  }
  return value;
}

export function nonNegativeInteger(text: string): number {
  const value = Number(text);
  if (!/^\d+$/.test(text) || !Number.isSafeInteger(value)) throw new InvalidArgumentError('expected a whole number.');
  return value;
}

/** `max`, or how many times the recording's own pace. */
export function speed(text: string): number {
  if (text === 'max') return Number.POSITIVE_INFINITY;
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(value > 0)) {
    throw new InvalidArgumentError("expected 'max' or a factor such as 1, 10 or 0.5.");
  }
  return value;
}

export function factor(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || !(value > 0))
    throw new InvalidArgumentError('expected a factor such as 1 or 0.1.');
  return value;
}

/** Any number above 0; `what` says of what. */
export function positiveNumber(what: string): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!/^(\d+(\.\d*)?|\.\d+)(e\d+)?$/i.test(text) || !(value > 0) || !Number.isFinite(value)) {
      throw new InvalidArgumentError(`expected a number of ${what} above 0.`);
    }
    return value;
  };
}

const MS_PER: Readonly<Record<string, number>> = { ms: 1, s: 1e3, m: 60e3, h: 3600e3 };

/** Timers hold 31 bits of ms; a longer one would be over at once. */
const MAX_SPAN_MS = 2 ** 31 - 1;

/** `10s`, `1.5m`, `2h`, `500ms`: in ms. */
export function timeSpan(text: string): number {
  const match = /^(\d+(?:\.\d+)?)(ms|s|m|h)$/.exec(text);
  const ms = match === null ? 0 : Number(match[1]) * MS_PER[match[2]];
  if (!(ms > 0)) throw new InvalidArgumentError('expected a time such as 10s, 5m or 2h.');
  if (ms > MAX_SPAN_MS) throw new InvalidArgumentError('expected at most 24 days: leave it out to run until Ctrl-C.');
  return ms;
}

export function threads(text: string): 1 | 2 | 3 {
  if (text === '1' || text === '2' || text === '3') return Number(text) as 1 | 2 | 3;
  throw new InvalidArgumentError('expected 1, 2 or 3.');
}

/** `A,B`: comma-separated names. */
export function nameList(text: string): string[] {
  const names = text.split(',').map((name) => name.trim());
  if (names.some((name) => name === '')) throw new InvalidArgumentError('expected names separated by commas: A,B');
  return names;
}

/** An option that may be given several times. */
export function collect(text: string, before: readonly string[] | undefined): string[] {
  if (text === '') throw new InvalidArgumentError('expected a name.');
  return [...(before ?? []), text];
}

export function directory(text: string): string {
  if (text === '') throw new InvalidArgumentError('expected the name of a directory.');
  return text;
}

export function date(text: string): string {
  const valid = /^\d{4}-\d{2}-\d{2}$/.test(text) && !Number.isNaN(Date.parse(`${text}T00:00:00Z`));
  if (!valid || new Date(`${text}T00:00:00Z`).toISOString().slice(0, 10) !== text) {
    throw new InvalidArgumentError('expected a date: YYYY-MM-DD.');
  }
  return text;
}

/** Symbols that were asked for and never seen: an error that names the nearest ones. */
import { TapeheadError } from '../core/errors.ts';

const SUGGESTIONS = 3;

/** Throws UNKNOWN_SYMBOL where one of `wanted` is not among `seen`. */
export function checkSymbols(wanted: readonly string[] | null, seen: readonly string[]): void {
  if (wanted === null) return;
  const known = new Set(seen);
  const missing = wanted.filter((symbol) => !known.has(symbol));
  if (missing.length === 0) return;
  const what = missing.length === 1 ? `${missing[0]} is` : `${missing.join(', ')} are`;
  const near = nearestSymbols(missing[0], seen);
  const hint = near.length === 0 ? 'it holds no instrument' : `nearest of ${seen.length}: ${near.join(', ')}`;
  throw new TapeheadError('UNKNOWN_SYMBOL', `${what} not in the recording (${hint})`);
}

/** Of `seen`, those written most like `symbol`, best first. */
export function nearestSymbols(symbol: string, seen: readonly string[]): string[] {
  return seen
    .map((candidate) => ({ candidate, distance: editDistance(symbol.toUpperCase(), candidate.toUpperCase()) }))
    .sort((a, b) => a.distance - b.distance || (a.candidate < b.candidate ? -1 : 1))
    .slice(0, SUGGESTIONS)
    .map((near) => near.candidate);
}

/** Levenshtein: insertions, deletions and replacements from `a` to `b`. */
function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, i) => i);
  for (let i = 1; i <= a.length; i++) {
    const next = [i];
    for (let j = 1; j <= b.length; j++) {
      const replaced = row[j - 1] + (a[i - 1] === b[j - 1] ? 0 : 1);
      next.push(Math.min(replaced, row[j] + 1, next[j - 1] + 1));
    }
    row = next;
  }
  return row[b.length];
}

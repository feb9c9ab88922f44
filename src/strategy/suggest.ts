/** "did you mean": the nearest of the known names, for messages about unknown ones. */

/** ` (did you mean onBook?)`, or nothing where none is near. */
export function suggestion(name: string, known: readonly string[]): string {
  let best = '';
  let least = Math.max(2, Math.floor(name.length / 3)) + 1;
  for (const candidate of known) {
    const edits = editDistance(name.toLowerCase(), candidate.toLowerCase());
    if (edits < least) {
      least = edits;
      best = candidate;
    }
  }
  return best === '' ? '' : ` (did you mean ${best}?)`;
}

/** Insertions, deletions, substitutions and swaps of neighbours that lead from a to b. */
function editDistance(a: string, b: string): number {
  const rows: number[][] = [Array.from({ length: b.length + 1 }, (_, j) => j)];
  for (let i = 1; i <= a.length; i++) {
    const row = [i];
    for (let j = 1; j <= b.length; j++) {
      const change = a[i - 1] === b[j - 1] ? 0 : 1;
      let edits = Math.min(rows[i - 1][j] + 1, row[j - 1] + 1, rows[i - 1][j - 1] + change);
      if (i > 1 && j > 1 && a[i - 1] === b[j - 2] && a[i - 2] === b[j - 1])
        edits = Math.min(edits, rows[i - 2][j - 2] + 1);
      row.push(edits);
    }
    rows.push(row);
  }
  return rows[a.length][b.length];
}

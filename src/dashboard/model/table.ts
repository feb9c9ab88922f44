/** Rows by key, with the order of their last changes: what has changed since a moment is found by its number. */

interface Entry<Row> {
  readonly row: Row;
  readonly version: number;
  /** Place among all keys, by the time they came. */
  readonly place: number;
}

/** Least recently changed first; with the place of each. */
export type SavedTable<Key, Row> = readonly (readonly [Key, Row, number])[];

export class Table<Key, Row extends readonly unknown[]> {
  /** Counts changes. */
  version = 0;
  private places = 0;
  private readonly entries = new Map<Key, Entry<Row>>();

  get size(): number {
    return this.entries.size;
  }

  get(key: Key): Row | undefined {
    return this.entries.get(key)?.row;
  }

  /** Rows are never changed in place: a new one replaces the old one, and is what changed last. */
  set(key: Key, row: Row): void {
    const place = this.entries.get(key)?.place ?? ++this.places;
    this.entries.delete(key); // so that the map's order is the order of changes
    this.entries.set(key, { row, version: ++this.version, place });
  }

  delete(key: Key): void {
    this.entries.delete(key);
  }

  /** Least recently changed first. */
  keys(): IterableIterator<Key> {
    return this.entries.keys();
  }

  /** In the order in which their keys came: what is looked at must not jump about. */
  rows(): Row[] {
    return [...this.entries.values()].sort((a, b) => a.place - b.place).map(({ row }) => row);
  }

  since(version: number): Row[] {
    if (version >= this.version) return [];
    const rows: Row[] = [];
    for (const entry of this.entries.values()) if (entry.version > version) rows.push(entry.row);
    return rows;
  }

  map(change: (row: Row) => Row): void {
    for (const [key, { row }] of [...this.entries]) this.set(key, change(row));
  }

  save(): SavedTable<Key, Row> {
    return Array.from(this.entries, ([key, { row, place }]) => [key, row, place] as const);
  }

  load(saved: SavedTable<Key, Row>): void {
    this.entries.clear();
    this.places = 0;
    for (const [key, row, place] of saved) {
      this.entries.set(key, { row, version: ++this.version, place });
      this.places = Math.max(this.places, place);
    }
  }
}

/** Small helpers over the DOM: elements, texts that are written only where they differ, tables whose rows are used again. */

type Attributes = Readonly<Record<string, string | number | boolean | null>>;
type Child = Node | string;

/** `el('p', { class: 'note' }, 'text')`. */
export function el<K extends keyof HTMLElementTagNameMap>(
  tag: K,
  attributes: Attributes = {},
  ...children: readonly Child[]
): HTMLElementTagNameMap[K] {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) element.setAttribute(name, '');
    else if (value !== false && value !== null) element.setAttribute(name, String(value));
  }
  element.append(...children);
  return element;
}

/** Writes only what differs: an unchanged text costs no layout. */
export function setText(element: Element, text: string): void {
  const first = element.firstChild;
  if (first instanceof Text && first.nextSibling === null) {
    if (first.data !== text) first.data = text;
  } else {
    element.textContent = text;
  }
}

export function setClass(element: Element, name: string): void {
  if (element.className !== name) element.className = name;
}

export function setHidden(element: HTMLElement, isHidden: boolean): void {
  if (element.hidden !== isHidden) element.hidden = isHidden;
}

export function setAttribute(element: Element, name: string, value: string | null): void {
  if (value === null) element.removeAttribute(name);
  else if (element.getAttribute(name) !== value) element.setAttribute(name, value);
}

export interface Column<R> {
  readonly label: string;
  /** Said of the column's head when it is pointed at. */
  readonly title?: string;
  readonly isNumber?: boolean;
  text(row: R): string;
  /** Class of the cell. */
  look?(row: R): string;
  /** The whole text, where a cell may be too narrow for it. */
  isCut?: boolean;
  /** Left out on a phone. */
  isMinor?: boolean;
}

export interface TableOptions<R> {
  /** Of the table, for those who can't see it. */
  readonly caption: string;
  readonly columns: readonly Column<R>[];
  keyOf(row: R): string | number;
  look?(row: R): string;
  /** Rows can be chosen by a click or Enter: Tab comes to one row of the table, arrow keys go on from there. */
  choose?(row: R): void;
  isChosen?(row: R): boolean;
  /** What texts follow from besides their row; rows are drawn anew when it changes. */
  version?(): number;
}

interface Line<R> {
  readonly tr: HTMLTableRowElement;
  readonly cells: HTMLTableCellElement[];
  row: R;
  /** What stands in the cells; null: nothing yet. */
  drawn: R | null;
  version: number;
  isChosen: boolean;
}

/**
 * A table with a row element per key: elements stay with their key (and so does the focus), and are used again. Rows are never
 * changed in place, so that one which is the same as before costs nothing.
 */
export class TableView<R> {
  readonly element: HTMLTableElement;
  private readonly body: HTMLTableSectionElement;
  private readonly options: TableOptions<R>;
  private lines = new Map<string | number, Line<R>>();
  private readonly spare: Line<R>[] = [];
  /** The row that Tab comes to. */
  private stop: HTMLTableRowElement | null = null;

  constructor(options: TableOptions<R>) {
    this.options = options;
    const heads = options.columns.map((column) =>
      el('th', { scope: 'col', class: classOf(column), title: column.title ?? null }, column.label),
    );
    this.body = el('tbody');
    const caption = el('caption', { class: 'unseen' }, options.caption);
    this.element = el('table', {}, caption, el('thead', {}, el('tr', {}, ...heads)), this.body);
  }

  draw(rows: readonly R[]): void {
    const { options, body } = this;
    const before = this.lines;
    const lines = new Map<string | number, Line<R>>();
    const version = options.version?.() ?? 0;
    const keys = rows.map((row) => options.keyOf(row));
    const kept = new Set(keys);
    for (const [key, line] of before) if (!kept.has(key)) this.spare.push(line);
    let next = body.firstElementChild;
    for (let i = 0; i < rows.length; i++) {
      const line = before.get(keys[i]) ?? this.spare.pop() ?? this.makeLine(rows[i]);
      lines.set(keys[i], line);
      if (line.tr === next) next = next.nextElementSibling;
      else body.insertBefore(line.tr, next);
      this.fill(line, rows[i], version);
    }
    for (const { tr } of this.spare) if (tr.parentNode !== null) tr.remove();
    this.lines = lines;
    if (options.choose !== undefined && this.stop?.parentNode !== body) {
      this.stopAt(body.firstElementChild as HTMLTableRowElement | null);
    }
  }

  private stopAt(row: HTMLTableRowElement | null): void {
    if (row === this.stop) return;
    if (this.stop !== null) this.stop.tabIndex = -1;
    if (row !== null) row.tabIndex = 0;
    this.stop = row;
  }

  /** Keys of a row that has the focus. */
  private key(event: KeyboardEvent, line: Line<R>): void {
    const { tr } = line;
    const steps: Readonly<Record<string, Element | null>> = {
      ArrowUp: tr.previousElementSibling,
      ArrowDown: tr.nextElementSibling,
      Home: this.body.firstElementChild,
      End: this.body.lastElementChild,
    };
    if (event.key === 'Enter' || event.key === ' ') this.options.choose?.(line.row);
    else if (event.key in steps) (steps[event.key] as HTMLElement | null)?.focus();
    else return;
    event.preventDefault();
  }

  private fill(line: Line<R>, row: R, version: number): void {
    const { columns, look, isChosen } = this.options;
    const isNowChosen = isChosen?.(row) === true;
    if (isNowChosen !== line.isChosen) {
      line.isChosen = isNowChosen;
      setAttribute(line.tr, 'aria-current', isNowChosen ? 'true' : null);
    }
    if (line.drawn === row && line.version === version) return;
    line.row = line.drawn = row;
    line.version = version;
    if (look !== undefined) setClass(line.tr, look(row));
    for (let c = 0; c < columns.length; c++) {
      const column = columns[c];
      const cell = line.cells[c];
      const text = column.text(row);
      setText(cell, text);
      if (column.isCut === true) setAttribute(cell, 'title', text);
      if (column.look !== undefined) setClass(cell, `${classOf(column)} ${column.look(row)}`);
    }
  }

  private makeLine(row: R): Line<R> {
    const { columns, choose } = this.options;
    const cells = columns.map((column) => el('td', { class: classOf(column) }));
    const tr = el('tr', {}, ...cells);
    const line: Line<R> = { tr, cells, row, drawn: null, version: 0, isChosen: false };
    if (choose !== undefined) {
      tr.tabIndex = -1;
      tr.addEventListener('click', () => choose(line.row));
      tr.addEventListener('focus', () => this.stopAt(tr));
      tr.addEventListener('keydown', (event) => this.key(event, line));
    }
    return line;
  }
}

function classOf<R>({ isNumber, isCut, isMinor }: Column<R>): string {
  return `${isNumber === true ? 'num' : ''}${isCut === true ? ' cut' : ''}${isMinor === true ? ' minor' : ''}`;
}

/** A panel: a section with a heading, a remark beside it, and words in place of the content where there is none. */
export interface Frame {
  readonly section: HTMLElement;
  readonly content: HTMLElement;
  /** Beside the heading. */
  readonly note: HTMLElement;
  /** Words in place of the content; '' shows the content. */
  empty(text: string): void;
}

export function frame(id: string, title: string, ...content: readonly Child[]): Frame {
  const heading = el('h2', { id: `${id}-title` }, title);
  const note = el('span', { class: 'note' });
  const words = el('p', { class: 'empty', hidden: true });
  const inside = el('div', { class: 'content' }, ...content);
  const head = el('div', { class: 'head' }, heading, note);
  const section = el('section', { id, class: 'panel', 'aria-labelledby': `${id}-title` }, head, words, inside);
  return {
    section,
    content: inside,
    note,
    empty: (text) => {
      setText(words, text);
      setHidden(words, text === '');
      setHidden(inside, text !== '');
    },
  };
}

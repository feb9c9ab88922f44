/** A table of the page. */
import { escapeHtml } from '../../src/report/html/text.ts';

export interface TableOptions {
  /** Columns that hold words, by index, beside the first. */
  readonly text?: readonly number[];
  /** Class of a row, by index. */
  readonly rowClasses?: readonly (string | undefined)[];
  /** Class of a column's cells, by index. */
  readonly columnClasses?: Readonly<Record<number, string>>;
}

/** Cells are HTML; head and caption are text. The first column is the row's head. */
export function htmlTable(
  caption: string,
  head: readonly string[],
  rows: readonly (readonly string[])[],
  { text = [], rowClasses = [], columnClasses = {} }: TableOptions = {},
): string {
  const cell = (value: string, i: number): string => {
    if (i === 0) return `<th scope="row">${value}</th>`;
    const css = [text.includes(i) ? 'text' : '', columnClasses[i] ?? ''].filter((one) => one !== '').join(' ');
    return `<td${css === '' ? '' : ` class="${css}"`}>${value}</td>`;
  };
  const heads = head.map(
    (name, i) => `<th scope="col"${text.includes(i) ? ' style="text-align:left"' : ''}>${escapeHtml(name)}</th>`,
  );
  const body = rows.map(
    (row, i) => `<tr${rowClasses[i] === undefined ? '' : ` class="${rowClasses[i]}"`}>${row.map(cell).join('')}</tr>`,
  );
  const label = escapeHtml(caption);
  return `<div class="scroll" tabindex="0" role="region" aria-label="${label}"><table><caption>${label}</caption>
<thead><tr>${heads.join('')}</tr></thead>
<tbody>
${body.join('\n')}
</tbody></table></div>
`;
}

/** The grid of a sweep: which values each parameter takes, and every combination of them. */
import { TapeheadError } from '../core/errors.ts';

/** More than this is a mistake in the grid rather than a wish. */
const MAX_CELLS = 100_000;

export interface GridAxis {
  readonly name: string;
  readonly values: readonly string[];
}

/** One combination: a value for every axis, in the axes' order. */
export type Cell = readonly (readonly [name: string, value: string])[];

/** `gamma=0.1,0.2;qtyLots=1,2`. Throws USAGE. */
export function parseGrid(text: string): GridAxis[] {
  const axes = text
    .split(';')
    .filter((part) => part.trim() !== '')
    .map(parseAxis);
  if (axes.length === 0) throw wrong(text, 'it names no parameter');
  for (const [i, axis] of axes.entries()) {
    if (axes.findIndex((one) => one.name === axis.name) !== i) throw wrong(text, `${axis.name} stands in it twice`);
  }
  const cells = axes.reduce((product, axis) => product * axis.values.length, 1);
  if (cells > MAX_CELLS) throw wrong(text, `it has ${cells} cells, ${MAX_CELLS} are the most`);
  return axes;

  function parseAxis(part: string): GridAxis {
    const at = part.indexOf('=');
    const name = part.slice(0, at).trim();
    if (at < 0 || !/^[A-Za-z_]\w*$/.test(name)) throw wrong(text, `"${part.trim()}" is not name=value,value`);
    const values = part
      .slice(at + 1)
      .split(',')
      .map((value) => value.trim());
    if (values.some((value) => value === '')) throw wrong(text, `${name} has an empty value`);
    if (new Set(values).size !== values.length) throw wrong(text, `${name} has a value twice`);
    return { name, values };
  }
}

/** Every combination, the last axis changing fastest. */
export function cellsOf(axes: readonly GridAxis[]): Cell[] {
  let cells: Cell[] = [[]];
  for (const { name, values } of axes) {
    cells = cells.flatMap((cell) => values.map((value): Cell => [...cell, [name, value]]));
  }
  return cells;
}

/** As --params takes it: `gamma=0.1,qtyLots=1`. */
export function cellText(cell: Cell): string {
  return cell.map(([name, value]) => `${name}=${value}`).join(',');
}

function wrong(text: string, what: string): TapeheadError {
  return new TapeheadError('USAGE', `--grid ${text}: ${what}; expected such as 'gamma=0.1,0.2;qtyLots=1,2'`);
}

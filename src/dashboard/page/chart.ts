/** Line charts: uPlot with the page's colours, as wide as its panel, a legend of our own above. */
import uPlot from 'uplot';
import { el } from './dom.ts';
import { timeOfDay } from './format.ts';
import { colour } from './theme.ts';

export interface Line {
  readonly label: string;
  /** A custom property of the style sheet. */
  readonly colour: string;
  /** Lengths of strokes and gaps: lines differ by shape too. */
  readonly dash?: readonly number[];
  readonly isStepped?: boolean;
}

export interface ChartOptions {
  /** What it shows, for those who can't see it. */
  readonly label: string;
  readonly lines: readonly Line[];
  readonly height: number;
  y(value: number): string;
  /** Of the x axis; default: x is ns since midnight. */
  x?(value: number): string;
  readonly isLogY?: boolean;
  /** Drawn on top. */
  over?(plot: uPlot): void;
  /** Values the y axis must reach. */
  reach?(): readonly number[];
  xSplits?(): number[];
}

const FONT = '11px system-ui, sans-serif';

export class Chart {
  readonly element: HTMLElement;
  private readonly options: ChartOptions;
  private readonly box: HTMLElement;
  private plot: uPlot | null = null;
  /** Of the box; 0 where it is not shown. */
  private width = 0;
  private ink = '';
  private data: uPlot.AlignedData = [[]];

  constructor(options: ChartOptions) {
    this.options = options;
    this.box = el('div', { class: 'plot', role: 'img', 'aria-label': options.label });
    this.box.style.height = `${options.height}px`;
    const legend = options.lines.map(({ label, colour: name, dash }) => {
      const mark = el('span', { class: `mark ${dash === undefined ? '' : 'dashed'}`, 'aria-hidden': 'true' });
      mark.style.borderColor = `var(${name})`;
      return el('span', { class: 'key' }, mark, label);
    });
    this.element = el('div', { class: 'chart' }, el('div', { class: 'legend' }, ...legend), this.box);
    // Asking an element for its size in the middle of a frame would have everything laid out at once.
    new ResizeObserver(([{ contentRect }]) => this.resize(contentRect.width)).observe(this.box);
  }

  draw(data: uPlot.AlignedData): void {
    this.data = data;
    if (this.width === 0) return;
    const ink = colour('--text');
    if (this.plot === null || ink !== this.ink) {
      this.plot?.destroy();
      this.ink = ink;
      this.plot = new uPlot(this.settings(), data, this.box);
    } else {
      this.plot.setData(data);
    }
  }

  private resize(width: number): void {
    const wasHidden = this.width === 0;
    this.width = width;
    if (width === 0) return;
    if (this.plot !== null && this.plot.width !== width) this.plot.setSize({ width, height: this.options.height });
    if (wasHidden) this.draw(this.data); // what came meanwhile
  }

  private settings(): uPlot.Options {
    const { lines, height, y, x, isLogY, over, reach, xSplits } = this.options;
    const grid = { stroke: colour('--line'), width: 1 };
    const ticks = { show: false };
    const axis = { stroke: colour('--muted'), font: FONT, grid, ticks };
    const range = (_plot: uPlot, low: number | null, high: number | null): [number, number] => {
      const values = [low, high, ...(reach?.() ?? [])].filter((value) => value !== null && Number.isFinite(value));
      if (values.length === 0) return isLogY === true ? [100, 10_000] : [0, 1];
      const least = Math.min(...(values as number[]));
      const most = Math.max(...(values as number[]));
      // Whole powers of ten: that is where the labels stand.
      if (isLogY === true) return [tenBelow(Math.max(1, least)), tenBelow(Math.max(1, most)) * 10];
      const margin = least === most ? Math.max(Math.abs(most) * 1e-4, 1e-6) : (most - least) * 0.08;
      return [least - margin, most + margin];
    };
    return {
      width: this.width,
      height,
      padding: [8, 28, 0, 0],
      legend: { show: false },
      cursor: { drag: { x: false, y: false }, points: { show: false } },
      scales: { x: { time: false }, y: isLogY === true ? { distr: 3, range } : { range } },
      axes: [
        {
          ...axis,
          space: 80,
          size: 24,
          values: (_plot, splits) => splits.map((split) => (x === undefined ? timeOfDay(split, 0) : x(split))),
          ...(xSplits === undefined ? {} : { splits: xSplits }),
        },
        {
          ...axis,
          space: 26,
          // uPlot would leave out powers of ten by their number.
          ...(isLogY === true ? { filter: (_plot: uPlot, splits: number[]) => splits } : {}),
          size: (_plot, values) => 14 + 6.5 * Math.max(4, ...(values ?? []).map((text) => text?.length ?? 0)),
          values: (_plot, splits) => splits.map((split) => (split === null ? '' : y(split))),
        },
      ],
      series: [
        {},
        ...lines.map((line) => ({
          label: line.label,
          stroke: colour(line.colour),
          width: 1.5,
          points: { show: false },
          ...(line.dash === undefined ? {} : { dash: [...line.dash] }),
          ...(line.isStepped === true && uPlot.paths.stepped !== undefined
            ? { paths: uPlot.paths.stepped({ align: 1 }) }
            : {}),
        })),
      ],
      hooks: over === undefined ? {} : { draw: [over] },
    };
  }
}

function tenBelow(value: number): number {
  return 10 ** Math.floor(Math.log10(value) + 1e-9);
}

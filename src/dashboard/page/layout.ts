/**
 * Where everything stands. From 1180 px on: head, bands (killed, stale), time slider of a finished log, then rows of panels:
 *
 *   instruments | book  | heat map over price | trades
 *   positions   | P&L   | risk                | limits
 *   orders                    | fills
 *   strategies, alerts | latency | feed | log, counters
 *
 * Below 1600 px the lower rows break into two (orders and fills: one) so that no column is cut; below 1180 px two columns; on a phone one, the book first, the kill switch at the foot of the screen. States of a panel: words where
 * there is nothing (why), numbers, dimmed numbers (stale, ended, lost).
 */
import type { PageContext } from './context.ts';
import { el, setText } from './dom.ts';
import { sessionDate, timeOfDay } from './format.ts';
import { alertsPanel } from './panels/alerts.ts';
import { heatPanel } from './panels/heat.ts';
import { ladderPanel } from './panels/ladder.ts';
import { latencyPanel } from './panels/latency.ts';
import { pnlPanel, positionsPanel } from './panels/money.ts';
import { fillsPanel, ordersPanel } from './panels/orders.ts';
import { countersPanel, feedPanel, logPanel } from './panels/plumbing.ts';
import { pricePanel } from './panels/price.ts';
import { limitsPanel, riskPanel } from './panels/risk.ts';
import { strategiesPanel } from './panels/strategies.ts';
import { tapePanel } from './panels/tape.ts';
import { watchPanel } from './panels/watch.ts';
import type { Panel, Renderer } from './renderer.ts';

type MakePanel = (page: PageContext) => Panel;

const ROWS: readonly (readonly [string, readonly (readonly MakePanel[])[]])[] = [
  ['market', [[watchPanel], [ladderPanel], [heatPanel, pricePanel], [tapePanel]]],
  ['money', [[positionsPanel], [pnlPanel], [riskPanel], [limitsPanel]]],
  ['flow', [[ordersPanel], [fillsPanel]]],
  ['machine', [[strategiesPanel, alertsPanel], [latencyPanel], [feedPanel], [logPanel, countersPanel]]],
];

export function panels(page: PageContext, renderer: Renderer): HTMLElement {
  const main = el('main', { class: 'rows' });
  for (const [name, stacks] of ROWS) {
    const row = el('div', { class: `row ${name}` });
    for (const stack of stacks) {
      const made = stack.map((make) => make(page));
      for (const panel of made) renderer.add(panel);
      row.append(el('div', { class: 'stack' }, ...made.map(({ section }) => section)));
    }
    main.append(row);
  }
  return main;
}

export interface HeadParts {
  readonly chip: HTMLElement;
  readonly kill: HTMLElement;
  readonly theme: HTMLElement;
  readonly keys: HTMLElement;
  readonly signOut: HTMLElement;
}

/** Returns the head, and what to call in every frame to keep its clock. */
export function head(page: PageContext, parts: HeadParts): readonly [HTMLElement, () => void] {
  const { store } = page;
  const clock = el('span', { class: 'clock', title: 'The engine’s time, UTC' });
  const about = el('span', { class: 'about', title: `tapehead ${page.hello.tapehead}, by ${page.hello.server}` });
  const tools = el('span', { class: 'tools' }, parts.theme, parts.keys, parts.signOut);
  const header = el('header', {}, el('h1', {}, 'tapehead'), parts.chip, clock, about, tools, parts.kill);
  let shown = '';
  const draw = (): void => {
    const { mode, sessionMidnightNs } = page.hello;
    setText(about, [mode, sessionDate(sessionMidnightNs), page.role].filter((word) => word !== '').join(' · '));
    const text = store.state === null ? '' : timeOfDay(store.state.nowNs);
    if (text === shown) return;
    shown = text;
    clock.textContent = text;
  };
  return [header, draw];
}

/** What somebody should look at, newest first. */
import type { AlertRow } from '../../protocol.ts';
import type { PageContext } from '../context.ts';
import { frame, setText, TableView } from '../dom.ts';
import { decimal, timeOfDay } from '../format.ts';
import type { Panel } from '../renderer.ts';

const SHOWN = 100;
const MARKS = { info: 'ℹ info', warning: '▲ warning', error: '■ error' } as const;

export function alertsPanel({ store }: PageContext): Panel {
  const table = new TableView<AlertRow>({
    caption: 'Alerts, newest first',
    keyOf: ([seq, ns, , kind, text]) => `${seq} ${ns} ${kind} ${text}`,
    look: ([, , severity]) => severity,
    columns: [
      { label: 'Time', text: (row) => timeOfDay(row[1]) },
      { label: 'Severity', text: ([, , severity]) => MARKS[severity], look: () => 'severity' },
      { label: 'What', text: ([, , , kind, text]) => `${kind}: ${text}`, look: () => 'words' },
    ],
  });
  const panel = frame('alerts', 'Alerts', table.element);
  panel.content.classList.add('scroll');
  return {
    section: panel.section,
    topics: ['alerts'],
    everyMs: 100,
    draw: () => {
      const rows = unique(store.alerts.slice(-SHOWN).reverse());
      const errors = store.alerts.reduce((count, [, , severity]) => count + (severity === 'error' ? 1 : 0), 0);
      panel.empty(rows.length === 0 ? 'Nothing to tell.' : '');
      setText(panel.note, errors === 0 ? '' : errors === 1 ? '1 error' : `${decimal(errors)} errors`);
      table.draw(rows);
    },
  };
}

/** Rows that say the very same are one. */
function unique(rows: readonly AlertRow[]): AlertRow[] {
  return [...new Map(rows.map((row) => [row.join(' '), row])).values()];
}

/** Feed health, rings, the log with its watermark and head hash, counters. */
import type { CounterRow, FeedRow, RingRow } from '../../protocol.ts';
import { isLog, type PageContext } from '../context.ts';
import { el, frame, setText, TableView } from '../dom.ts';
import { bytes, DASH, decimal, duration, percent } from '../format.ts';
import type { Panel } from '../renderer.ts';

/** Before a path that is cut at its beginning (direction: rtl), so that its first slash stays there. */
const LEFT_TO_RIGHT = '\u200e';

export function feedPanel({ store }: PageContext): Panel {
  const count = (label: string, at: 5 | 6 | 7 | 8 | 9, title: string) => ({
    label,
    title,
    isNumber: true,
    text: (row: FeedRow) => decimal(row[at]),
    look: (row: FeedRow) => (row[at] > 0 ? 'counted' : 'faint'),
  });
  const table = new TableView<FeedRow>({
    caption: 'Feed health by instrument',
    keyOf: ([name]) => name,
    look: ([, standing]) => (standing === 'live' || standing === 'ended' ? '' : 'warned'),
    columns: [
      { label: 'Of', text: ([name]) => (name === 'feed' ? 'all' : name), isCut: true },
      { label: 'Standing', text: ([, standing]) => `${standing === 'live' ? '●' : '○'} ${standing}`, isCut: true },
      { label: 'Messages', isNumber: true, text: (row) => decimal(row[2]) },
      { label: '/s', isNumber: true, text: (row) => decimal(row[3]) },
      { label: 'Age', isNumber: true, text: (row) => (row[4] < 0 ? DASH : duration(row[4] * 1e6)) },
      count('Gaps', 5, 'Sequence gaps'),
      count('Dup', 6, 'Duplicates'),
      count('Late', 7, 'Out of order'),
      count('Check', 8, 'Checksum failures'),
      count('Stale', 9, 'Spans in which the book was stale'),
    ],
  });
  const panel = frame('feed', 'Feed health', table.element);
  panel.content.classList.add('scroll');
  return {
    section: panel.section,
    topics: ['feed'],
    everyMs: 200,
    draw: () => {
      const whole = store.feed.get('feed');
      const rows = [...store.feed.values()].filter(([name]) => name !== 'feed');
      panel.empty(whole === undefined ? 'No word of the feed yet.' : '');
      table.draw(whole === undefined ? rows : [whole, ...rows]);
    },
  };
}

export function logPanel(page: PageContext): Panel {
  const { store } = page;
  const items = new Map(
    ['Written', 'Durable', 'Size', 'Commits', 'Folder'].map((name) => [name, el('dd', {}, DASH)] as const),
  );
  const list = el('dl', { class: 'figures' });
  for (const [name, value] of items) list.append(el('div', { class: name.toLowerCase() }, el('dt', {}, name), value));
  const hash = el('code', { class: 'hash', id: 'head-hash' }, DASH);
  const copy = el('button', { type: 'button', class: 'small' }, 'Copy');
  copy.addEventListener('click', () => {
    const head = store.log?.headHash ?? '';
    navigator.clipboard.writeText(head).then(
      () => page.say('The head hash is on the clipboard.'),
      () => page.say('The browser did not allow copying.', true),
    );
  });
  const rings = new TableView<RingRow>({
    caption: 'Rings between threads',
    keyOf: ([name]) => name,
    columns: [
      { label: 'Ring', text: ([name]) => name, isCut: true },
      { label: 'Used', isNumber: true, text: (row) => amount(row, row[2]) },
      { label: 'Share', isNumber: true, text: (row) => `${percent(row[2] / row[1])} of ${amount(row, row[1])}` },
    ],
  });
  const head = el('div', { class: 'head-hash' }, el('span', { class: 'faint' }, 'Head '), hash, copy);
  const panel = frame('log', 'Log and rings', list, head, rings.element);
  return {
    section: panel.section,
    topics: ['log', 'rings'],
    everyMs: 200,
    draw: () => {
      const { log } = store;
      panel.empty(log === null ? 'No word of the log yet.' : '');
      if (log === null) return;
      setText(panel.note, log.isClosed ? 'closed' : 'open');
      const set = (name: string, text: string): void => setText(items.get(name) as HTMLElement, text);
      set('Written', decimal(log.records));
      set('Durable', decimal(log.durableSeq));
      set('Size', log.bytes > 0 ? bytes(log.bytes) : DASH);
      set('Commits', log.commits > 0 ? decimal(log.commits) : DASH);
      set('Folder', `${LEFT_TO_RIGHT}${log.directory}`);
      setText(hash, log.headHash === '' ? 'no block yet' : log.headHash);
      copy.disabled = log.headHash === '';
      const rows = [...store.rings.values()];
      rings.element.hidden = isLog(page) || rows.length === 0;
      rings.draw(rows);
    },
  };
}

function amount([, , , unit]: RingRow, value: number): string {
  return unit === 'bytes' ? bytes(value) : decimal(value);
}

export function countersPanel({ store }: PageContext): Panel {
  const table = new TableView<CounterRow>({
    caption: 'Counters',
    keyOf: ([name]) => name,
    columns: [
      { label: 'Counter', text: ([name]) => name },
      { label: 'Value', isNumber: true, text: ([, value]) => decimal(value) },
      { label: '/s', isNumber: true, text: ([, , perSecond]) => decimal(perSecond) },
    ],
  });
  const panel = frame('counters', 'Counters', table.element);
  panel.content.classList.add('scroll');
  return {
    section: panel.section,
    topics: ['counters'],
    everyMs: 200,
    draw: () => {
      panel.empty(store.counters.size === 0 ? 'Nothing was counted yet.' : '');
      table.draw([...store.counters.values()]);
    },
  };
}

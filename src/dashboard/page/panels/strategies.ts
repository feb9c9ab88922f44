/** Strategies with what they do, a halt button each, and trading states. */
import type { StatePayload } from '../../protocol.ts';
import { askFor } from '../confirm.ts';
import { mayCommand, noTrading, type PageContext } from '../context.ts';
import { el, frame, setAttribute, setClass, setHidden, setText } from '../dom.ts';
import type { Panel } from '../renderer.ts';

type Row = StatePayload['strategies'][number];

interface Line {
  readonly item: HTMLElement;
  readonly name: HTMLElement;
  readonly words: HTMLElement;
  readonly halt: HTMLButtonElement;
  id: string;
}

export function strategiesPanel(page: PageContext): Panel {
  const { store } = page;
  const list = el('ul', { class: 'strategies' });
  const states = el('p', { class: 'states' });
  const cancel = el('button', { type: 'button', class: 'small' }, 'Cancel all orders');
  cancel.addEventListener('click', () => void askFor(page, { do: 'cancel-all' }, 'Cancel all open orders'));
  const lines: Line[] = [];
  const panel = frame('strategies', 'Strategies', list, states, cancel);

  function makeLine(): Line {
    const name = el('strong');
    const words = el('span', { class: 'words' });
    const halt = el('button', { type: 'button', class: 'small' }, 'Halt');
    const line: Line = { item: el('li', {}, name, words, halt), name, words, halt, id: '' };
    halt.addEventListener(
      'click',
      () => void askFor(page, { do: 'halt-strategy', strategy: line.id }, `Halt ${line.id}`),
    );
    return line;
  }

  function drawLine(line: Line, [id, state, text]: Row): void {
    line.id = id;
    setText(line.name, id);
    setText(line.words, `${state}${text === '' ? '' : `: ${text}`}`);
    setClass(line.item, state === 'halted' ? 'halted' : '');
    setAttribute(line.halt, 'aria-label', `Halt the strategy ${id}`);
    line.halt.disabled = state === 'halted' || store.state?.ended !== '';
    setHidden(line.halt, !mayCommand(page));
  }

  return {
    section: panel.section,
    topics: ['state'],
    everyMs: 100,
    draw: () => {
      const { state } = store;
      panel.empty(noTrading(page) || (state === null ? 'Waiting for the run.' : ''));
      if (state === null) return;
      while (lines.length < state.strategies.length) {
        const line = makeLine();
        lines.push(line);
        list.append(line.item);
      }
      while (lines.length > state.strategies.length) lines.pop()?.item.remove();
      for (const [i, row] of state.strategies.entries()) drawLine(lines[i], row);
      const words = [
        ...state.tradingStates.map(
          ([scope, name, standing]) => `${scope}${name === '' ? '' : ` ${name}`} is ${standing}`,
        ),
        ...state.venues.map(([venue, standing, text]) => `${venue}: ${standing}${text === '' ? '' : `, ${text}`}`),
      ];
      setText(states, words.join(' · '));
      setHidden(states, words.length === 0);
      setHidden(cancel, !mayCommand(page));
      cancel.disabled = state.ended !== '';
    },
  };
}

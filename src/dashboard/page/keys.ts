/** Everything works with the keyboard alone: what each key does, and the dialog that says so. */
import type { PageContext } from './context.ts';
import { el } from './dom.ts';
import { stepInstrument } from './panels/watch.ts';

export interface Key {
  readonly key: string;
  readonly does: string;
  act(): void;
}

export function keysOf(
  page: PageContext,
  theme: () => void,
  slider: { step(s: number): void; toggle(): void } | null,
): Key[] {
  const focus = (selector: string) => () => document.querySelector<HTMLElement>(selector)?.focus();
  const keys: Key[] = [
    { key: 'ArrowUp', does: 'instrument before', act: () => stepInstrument(page, -1) },
    { key: 'ArrowDown', does: 'next instrument', act: () => stepInstrument(page, 1) },
    {
      key: 'o',
      does: 'to the orders (↑ ↓ to go on, Enter tells an order’s story)',
      act: focus('#orders tr[tabindex="0"]'),
    },
    { key: 'f', does: 'to the fills', act: focus('#fills tr[tabindex="0"]') },
    { key: 'l', does: 'to the latencies (Enter draws a stage’s curve)', act: focus('#latency tr[tabindex="0"]') },
    { key: 't', does: 'light, dark, or as the system', act: theme },
  ];
  if (slider === null) {
    keys.push({ key: 'k', does: 'to the kill switch (then hold Enter for a second)', act: focus('#kill') });
  } else {
    keys.push(
      { key: ' ', does: 'play, stop', act: () => slider.toggle() },
      { key: '[', does: 'a second back', act: () => slider.step(-1) },
      { key: ']', does: 'a second on', act: () => slider.step(1) },
      { key: 's', does: 'to the time slider', act: focus('#moment') },
    );
  }
  keys.push({ key: '?', does: 'this list', act: () => showKeys(keys) });
  return keys;
}

export function listen(keys: readonly Key[]): void {
  document.addEventListener('keydown', (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
    const { target } = event;
    if (document.querySelector('dialog[open]') !== null) return;
    // A slider and a box to tick take no letters; Space presses what has the focus.
    const isTyped = target instanceof HTMLInputElement && !['range', 'checkbox'].includes(target.type);
    if (isTyped || target instanceof HTMLSelectElement) return;
    if (event.key === ' ' && (target instanceof HTMLButtonElement || target instanceof HTMLInputElement)) return;
    const found = keys.find(({ key }) => key === event.key);
    if (found === undefined) return;
    event.preventDefault();
    found.act();
  });
}

const NAMES: Readonly<Record<string, string>> = { ArrowUp: '↑', ArrowDown: '↓', ' ': 'Space' };

function showKeys(keys: readonly Key[]): void {
  const list = el('dl', { class: 'keys' });
  for (const { key, does } of keys) list.append(el('dt', {}, el('kbd', {}, NAMES[key] ?? key)), el('dd', {}, does));
  list.append(el('dt', {}, el('kbd', {}, 'Tab')), el('dd', {}, 'to whatever can be pressed or chosen'));
  list.append(el('dt', {}, el('kbd', {}, 'Esc')), el('dd', {}, 'closes a dialog'));
  const close = el('button', { type: 'button' }, 'Close');
  const title = el('h2', { id: 'keys-title' }, 'Keys');
  const dialog = el('dialog', { 'aria-labelledby': 'keys-title' }, title, list, close);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}

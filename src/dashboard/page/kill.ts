/**
 * The kill switch. Hard to press by accident: held for a second it asks, and a dialog confirms. Impossible to miss when latched: a
 * band over the whole width, drawn from what the server says, so a reload shows it again. Only an admin resumes, by typing.
 */
import { askFor } from './confirm.ts';
import { mayCommand, type PageContext, trades } from './context.ts';
import { el, setHidden, setText } from './dom.ts';

const HOLD_MS = 1_000;

export function killButton(page: PageContext): HTMLButtonElement {
  const text = 'Kill switch: hold for one second';
  const label = el('span', { class: 'label' }, 'KILL');
  const hint = el('span', { class: 'hint' }, 'hold 1 s');
  const fill = el('span', { class: 'fill', 'aria-hidden': 'true' });
  const button = el('button', { type: 'button', id: 'kill', 'aria-label': text }, fill, label, hint);
  let timer: ReturnType<typeof setTimeout> | undefined;

  const begin = (): void => {
    if (timer !== undefined || button.disabled) return;
    button.classList.add('holding');
    setText(hint, 'keep holding');
    timer = setTimeout(() => {
      end();
      void askFor(page, { do: 'kill', scope: 'engine' }, 'Kill switch');
    }, HOLD_MS);
  };
  const end = (): void => {
    clearTimeout(timer);
    timer = undefined;
    button.classList.remove('holding');
    setText(hint, 'hold 1 s');
  };
  button.addEventListener('pointerdown', (event) => event.button === 0 && begin());
  for (const name of ['pointerup', 'pointerleave', 'pointercancel', 'blur'] as const)
    button.addEventListener(name, end);
  button.addEventListener('contextmenu', (event) => event.preventDefault());
  button.addEventListener('keydown', (event) => {
    if (event.key !== 'Enter' && event.key !== ' ') return;
    event.preventDefault();
    if (!event.repeat) begin();
  });
  button.addEventListener('keyup', end);
  return button;
}

/** The band across the page, and the button's standing. Called in every frame: writes only what differs. */
export class KillBand {
  readonly element: HTMLElement;
  private readonly page: PageContext;
  private readonly button: HTMLButtonElement;
  private readonly text: HTMLElement;
  private readonly resumes: HTMLElement;
  private shown = '-';

  constructor(page: PageContext, button: HTMLButtonElement) {
    this.page = page;
    this.button = button;
    this.text = el('span', { class: 'text' });
    this.resumes = el('span', { class: 'buttons' });
    this.element = el('div', { id: 'killed', role: 'alert', hidden: true }, this.text, this.resumes);
  }

  draw(): void {
    const { page, button } = this;
    const state = page.store.state;
    const killed = state?.killed ?? [];
    const may = mayCommand(page);
    const key = `${killed.join('|')} ${page.role} ${page.hello.mode} ${state?.ended ?? 'unknown'} ${trades(page)}`;
    if (key === this.shown) return;
    this.shown = key;
    const isEngine = killed.some((subject) => subject.startsWith('engine'));
    button.disabled = !may || isEngine || state?.ended !== '';
    const isOver = state !== null && state.ended !== '';
    setHidden(button, page.hello.mode === 'log' || !trades(page) || isOver);
    setText(button.querySelector('.label') as Element, isEngine ? 'KILLED' : 'KILL');
    button.title = may ? '' : 'The role view may not command anything';
    document.body.classList.toggle('is-killed', killed.length > 0);
    setHidden(this.element, killed.length === 0);
    setText(this.text, `■ KILL SWITCH LATCHED: ${killed.join(', ')}. No order of it leaves.`);
    const isOn = page.role === 'admin' && page.hello.mode !== 'log' && state?.ended === '';
    this.resumes.replaceChildren(...(isOn ? killed.map((subject) => this.resumeButton(subject)) : []));
  }

  private resumeButton(subject: string): HTMLButtonElement {
    const [scope, ...name] = subject.split(' ');
    const command = { do: 'resume', scope, ...(name.length === 0 ? {} : { name: name.join(' ') }) };
    const button = el('button', { type: 'button' }, `Resume ${subject} …`);
    button.addEventListener('click', () => void askFor(this.page, command, `Resume ${subject}`, true));
    return button;
  }
}

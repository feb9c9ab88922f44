/** Commands: asked for, then confirmed with the server's words in a dialog that says what will happen. */
import type { Challenge, Outcome } from './connection.ts';
import type { PageContext } from './context.ts';
import { el, setText } from './dom.ts';

/** The server voids a challenge after so long. */
const CHALLENGE_S = 10;

/** `isTyped`: the words have to be typed, not just pressed. */
export async function askFor(page: PageContext, command: object, title: string, isTyped = false): Promise<void> {
  const answer = await page.connection.ask(command);
  if ('ok' in answer) {
    page.say(answer.text, !answer.ok);
    return;
  }
  const words = await confirmed(answer, title, isTyped);
  if (words === null) return;
  const outcome: Outcome = await page.connection.confirm(answer, words);
  page.say(`${title}: ${outcome.text}.`, !outcome.ok);
}

function confirmed({ words, text }: Challenge, title: string, isTyped: boolean): Promise<string | null> {
  const left = el('p', { class: 'faint' });
  const typed = el('input', { type: 'text', id: 'confirm-words', autocomplete: 'off', spellcheck: 'false' });
  const go = el('button', { type: 'submit', class: 'danger', id: 'confirm-go' }, words);
  const back = el('button', { type: 'button' }, 'Do nothing');
  const ask = isTyped ? [el('label', { for: 'confirm-words' }, `Type ${words} to confirm`), typed] : [];
  const form = el(
    'form',
    { method: 'dialog' },
    el('p', {}, text),
    ...ask,
    left,
    el('div', { class: 'buttons' }, go, back),
  );
  const heading = el('h2', { id: 'confirm-title' }, title);
  const dialog = el('dialog', { class: 'confirm', 'aria-labelledby': 'confirm-title' }, heading, form);
  go.disabled = isTyped;
  typed.addEventListener('input', () => {
    go.disabled = typed.value.trim().toUpperCase() !== words.toUpperCase();
  });
  // A key that is still held from before must not confirm.
  dialog.addEventListener('keydown', (event) => event.repeat && event.preventDefault());
  document.body.append(dialog);
  dialog.showModal();
  (isTyped ? typed : go).focus();
  return new Promise((resolve) => {
    let seconds = CHALLENGE_S;
    let answer: string | null = null;
    const tell = (): void => setText(left, `Void in ${seconds} s.`);
    const timer = setInterval(() => (--seconds <= 0 ? dialog.close() : tell()), 1000);
    tell();
    form.addEventListener('submit', (event) => {
      event.preventDefault();
      answer = words;
      dialog.close();
    });
    back.addEventListener('click', () => dialog.close());
    dialog.addEventListener('close', () => {
      clearInterval(timer);
      dialog.remove();
      resolve(answer);
    });
  });
}

/** The story of an order, as `tapehead log --order` tells it, in a dialog. */
import type { PageContext } from './context.ts';
import { el } from './dom.ts';

export async function showStory(page: PageContext, orderId: number): Promise<void> {
  const text = el('pre', { class: 'story', tabindex: 0 }, 'Reading the log …');
  const close = el('button', { type: 'button' }, 'Close');
  const title = el('h2', { id: 'story-title' }, `Order ${orderId}`);
  const dialog = el('dialog', { class: 'wide', 'aria-labelledby': 'story-title' }, title, text, close);
  close.addEventListener('click', () => dialog.close());
  dialog.addEventListener('close', () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
  close.focus();
  const lines = await page.connection.story(orderId);
  text.textContent = lines.length === 0 ? 'The log tells nothing of this order yet.' : lines.join('\n');
}

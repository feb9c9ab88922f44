/** Signing in: the token goes into the body of a request, never into a URL; the server answers with a cookie scripts can't read. */
import { el, setText } from './dom.ts';

/** Resolves once signed in. */
export function signIn(): Promise<void> {
  const token = el('input', {
    type: 'password',
    id: 'token',
    name: 'token',
    autocomplete: 'current-password',
    required: true,
  });
  const problem = el('p', { class: 'problem', role: 'alert' });
  const go = el('button', { type: 'submit' }, 'Sign in');
  const help =
    'The token was printed when the dashboard started, or is what your desk gave you. It decides what you may do: view, trade or admin.';
  const form = el(
    'form',
    { class: 'sign-in' },
    el('h1', {}, 'tapehead'),
    el('label', { for: 'token' }, 'Token'),
    token,
    problem,
    go,
    el('p', { class: 'faint' }, help),
  );
  const main = el('main', { class: 'sign-in-page' }, form);
  document.body.replaceChildren(main);
  token.focus();
  return new Promise((resolve) => {
    form.addEventListener('submit', async (event) => {
      event.preventDefault();
      go.disabled = true;
      setText(problem, '');
      const refusal = await refusalOf(token.value.trim());
      go.disabled = false;
      if (refusal === '') {
        main.remove();
        resolve();
        return;
      }
      setText(problem, refusal);
      token.select();
    });
  });
}

/** '' where the token is taken. */
async function refusalOf(token: string): Promise<string> {
  try {
    const reply = await fetch('/session', {
      method: 'POST',
      headers: { 'Content-Type': 'application/json' },
      body: JSON.stringify({ token }),
    });
    return reply.ok ? '' : (await reply.text()).trim() || `refused (${reply.status})`;
  } catch {
    return 'The dashboard does not answer.';
  }
}

export async function isSignedIn(): Promise<boolean> {
  try {
    return (await fetch('/session', { cache: 'no-store' })).ok;
  } catch {
    return true; // not reached: the connection says so, and tries again
  }
}

export async function signOut(): Promise<void> {
  await fetch('/session', { method: 'DELETE' }).catch(() => undefined);
  location.reload();
}

/** Puts the page together: the socket feeds the store, frames draw from it. */
import type { DashboardRole, Hello, Topic, TopicParams } from '../protocol.ts';
import { Banner } from './banner.ts';
import { Connection } from './connection.ts';
import { type PageContext, trades } from './context.ts';
import { el, setHidden, setText } from './dom.ts';
import { keysOf, listen } from './keys.ts';
import { KillBand, killButton } from './kill.ts';
import { head, panels } from './layout.ts';
import { Renderer } from './renderer.ts';
import { signOut } from './sign-in.ts';
import { Slider } from './slider.ts';
import { Store } from './store.ts';
import { applyTheme, currentTheme, onSystemTheme, THEMES } from './theme.ts';

/** Updates a second: as fast as a screen shows what moves, slower what is read. */
const RATES: readonly (readonly [Topic, number])[] = [
  ['state', 20],
  ['instruments', 2],
  ['top', 60],
  ['orders', 20],
  ['fills', 10],
  ['positions', 10],
  ['pnl', 5],
  ['risk', 5],
  ['limits', 5],
  ['alerts', 10],
  ['latency', 1],
  ['feed', 5],
  ['rings', 5],
  ['log', 2],
  ['counters', 2],
];
const DEPTH_LEVELS = 25;
const TOAST_MS = 6_000;

export function startApp(signedOut: () => void): void {
  const store = new Store();
  let page: PageContext | null = null;
  let slider: Slider | null = null;
  const connection = new Connection({
    hello: (role, hello) => {
      if (page !== null && (page.role !== role || page.hello.mode !== hello.mode)) location.reload();
      if (page === null) [page, slider] = build(store, connection, role, hello);
      page.hello = hello;
      slider?.again();
    },
    data: (topic, isSnapshot, payload) => {
      store.take(topic, isSnapshot, payload);
      if (topic === 'instruments') watchSelected(store, connection);
    },
    standing: () => {
      if (page === null) waiting(connection.text);
    },
    problem: (text) => page?.say(text, true),
    signedOut,
  });
  for (const [topic, rate] of RATES) connection.subscribe(topic, { rate });
  connection.open();
}

/** Before the first word of the server. */
function waiting(text: string): void {
  document.body.replaceChildren(
    el('main', { class: 'sign-in-page' }, el('p', { role: 'status' }, `tapehead: ${text} …`)),
  );
}

let watched = -1;

/** What is told of the chosen instrument only. */
function watchSelected(store: Store, connection: Connection): void {
  if (!store.instruments.has(store.selected)) {
    const first = [...store.instruments.keys()].sort((a, b) => a - b)[0];
    if (first === undefined) return;
    store.select(first);
  }
  if (watched === store.selected) return;
  watched = store.selected;
  const params: TopicParams = { rate: 60, instrument: watched };
  connection.subscribe('depth', { ...params, depth: DEPTH_LEVELS });
  connection.subscribe('trades', { ...params, rate: 20 });
}

function build(store: Store, connection: Connection, role: DashboardRole, hello: Hello): [PageContext, Slider | null] {
  const toast = el('div', { id: 'toast', role: 'status', 'aria-live': 'polite', hidden: true });
  let toastTimer: ReturnType<typeof setTimeout> | undefined;
  const page: PageContext = {
    store,
    connection,
    hello,
    role,
    select: (instrument) => {
      store.select(instrument);
      watchSelected(store, connection);
    },
    say: (text, isBad = false) => {
      setText(toast, text);
      toast.className = isBad ? 'bad' : '';
      setHidden(toast, false);
      clearTimeout(toastTimer);
      toastTimer = setTimeout(() => setHidden(toast, true), TOAST_MS);
    },
  };
  const renderer = new Renderer(store);
  const banner = new Banner(page);
  const kill = killButton(page);
  const band = new KillBand(page, kill);
  const slider = hello.mode === 'log' ? new Slider(page) : null;
  const theme = button('', () => {
    applyTheme(THEMES[(THEMES.indexOf(currentTheme()) + 1) % THEMES.length]);
    sayTheme();
    store.touchAll();
  });
  const sayTheme = (): void => setText(theme, { system: '◐ system', light: '○ light', dark: '● dark' }[currentTheme()]);
  sayTheme();
  onSystemTheme(() => store.touchAll());
  const keys = keysOf(page, () => theme.click(), slider);
  const help = button('? keys', () => keys.at(-1)?.act());
  const out = button('Sign out', () => void signOut());
  const [header, drawClock] = head(page, { chip: banner.chip, kill, theme, keys: help, signOut: out });
  const top = el(
    'div',
    { id: 'top' },
    header,
    band.element,
    banner.element,
    ...(slider === null ? [] : [slider.element]),
  );
  document.body.replaceChildren(top, panels(page, renderer), toast);
  renderer.addAlways((nowMs) => {
    banner.draw(nowMs);
    band.draw();
    drawClock();
    slider?.draw();
    document.body.classList.toggle('is-trading', trades(page));
  });
  // A page in the background gets no frames: its title must still tell.
  setInterval(() => document.hidden && banner.draw(performance.now()), 1000);
  listen(keys);
  renderer.start();
  return [page, slider];
}

function button(text: string, act: () => void): HTMLButtonElement {
  const made = el('button', { type: 'button', class: 'small' }, text);
  made.addEventListener('click', act);
  return made;
}

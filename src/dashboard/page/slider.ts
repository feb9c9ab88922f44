/** The time slider of a finished log: any moment by dragging or keys, or played at the session's speed or ten times that. */
import type { PageContext } from './context.ts';
import { el, setText } from './dom.ts';
import { timeOfDay } from './format.ts';

/** The server takes five seeks a second. */
const SEEK_MS = 225;
const NS_PER_MS = 1e6;
const STEP_MS = 1_000;

export class Slider {
  readonly element: HTMLElement;
  private readonly page: PageContext;
  private readonly range: HTMLInputElement;
  private readonly moment: HTMLElement;
  private readonly buttons: HTMLButtonElement[];
  /** Session ms per ms; 0: it stands. */
  private speed = 0;
  private wantedMs: number;
  private soughtMs = Number.NaN;
  private lastSeekMs = Number.NEGATIVE_INFINITY;
  private lastTurnMs = performance.now();

  constructor(page: PageContext) {
    this.page = page;
    const { fromNs, toNs } = page.hello;
    const min = Math.floor(fromNs / NS_PER_MS);
    const max = Math.ceil(toNs / NS_PER_MS);
    this.wantedMs = max;
    this.range = el('input', {
      type: 'range',
      id: 'moment',
      min,
      max,
      step: 1,
      value: max,
      'aria-label': 'Moment of the session',
    });
    this.range.addEventListener('input', () => this.go(Number(this.range.value)));
    this.range.addEventListener('keydown', (event) => this.rangeKey(event));
    this.moment = el('output', { for: 'moment', class: 'moment' });
    this.buttons = [1, 10].map((speed) => {
      const button = el('button', { type: 'button', 'aria-pressed': 'false' }, `▶ ${speed}×`);
      button.addEventListener('click', () => this.play(this.speed === speed ? 0 : speed));
      return button;
    });
    const ends = (ns: number) => el('span', { class: 'faint' }, timeOfDay(ns, 0));
    this.element = el('div', { id: 'slider' }, ...this.buttons, ends(fromNs), this.range, ends(toNs), this.moment);
    setInterval(() => this.turn(), 50);
  }

  step(seconds: number): void {
    this.play(0);
    this.go(this.wantedMs + seconds * STEP_MS);
  }

  toggle(): void {
    this.play(this.speed === 0 ? 1 : 0);
  }

  /** After a reconnect: the server shows the end again. */
  again(): void {
    this.soughtMs = Number.NaN;
  }

  draw(): void {
    const { state } = this.page.store;
    if (state !== null) setText(this.moment, timeOfDay(state.nowNs));
  }

  private rangeKey(event: KeyboardEvent): void {
    const steps: Readonly<Record<string, number>> = {
      ArrowLeft: -1,
      ArrowDown: -1,
      ArrowRight: 1,
      ArrowUp: 1,
      PageUp: 60,
      PageDown: -60,
    };
    const seconds = steps[event.key];
    if (seconds === undefined) return;
    event.preventDefault();
    event.stopPropagation();
    this.step(seconds);
  }

  private play(speed: number): void {
    if (speed !== 0 && this.wantedMs >= Number(this.range.max)) this.go(Number(this.range.min));
    this.speed = speed;
    this.lastTurnMs = performance.now();
    for (const [i, button] of this.buttons.entries()) {
      const isOn = speed === [1, 10][i];
      button.setAttribute('aria-pressed', String(isOn));
      setText(button, isOn ? '❚❚ stop' : `▶ ${[1, 10][i]}×`);
    }
  }

  private go(ms: number): void {
    this.wantedMs = Math.min(Number(this.range.max), Math.max(Number(this.range.min), ms));
    if (Number(this.range.value) !== this.wantedMs) this.range.value = String(this.wantedMs);
    this.range.setAttribute('aria-valuetext', timeOfDay(this.wantedMs * NS_PER_MS));
  }

  /** Seeks what is wanted, no more often than the server takes it; the last wish is never lost. */
  private turn(): void {
    const nowMs = performance.now();
    if (this.speed > 0) {
      this.go(this.wantedMs + (nowMs - this.lastTurnMs) * this.speed);
      if (this.wantedMs >= Number(this.range.max)) this.play(0);
    }
    this.lastTurnMs = nowMs;
    const isAtEnd = Number.isNaN(this.soughtMs) && this.wantedMs === Number(this.range.max);
    if (isAtEnd || this.wantedMs === this.soughtMs || nowMs - this.lastSeekMs < SEEK_MS) return;
    if (!this.page.connection.seek(Math.round(this.wantedMs) * NS_PER_MS)) return;
    this.soughtMs = this.wantedMs;
    this.lastSeekMs = nowMs;
  }
}

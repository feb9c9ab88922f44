/**
 * One venue of a live session: its lines (connections with the same subscriptions), its instruments' terms, and the
 * resync of its books. Decides when to ask; what came is for the session (session-log.ts).
 */
import { messageOf, TapeheadError } from '../../core/errors.ts';
import { StaleReason } from '../../core/event.ts';
import { connectionPrefix, type SessionVenue } from '../text/capture-session.ts';
import { Budget } from './budget.ts';
import { Connection } from './connection.ts';
import { type LiveVenueStatus, VenueCounts } from './live-status.ts';
import type { Endpoints, LiveProtocol, SymbolTerms } from './protocol.ts';
import { jsonOf, RestClient } from './rest.ts';
import { ResyncPlan } from './resync.ts';
import type { SessionLog } from './session-log.ts';
import type { LiveVenueSource } from './source.ts';
import { delay, type LiveWorld } from './world.ts';

/** A subscription brings its snapshot within this time, or it is asked for. */
const SUBSCRIBED_GRACE_MS = 5_000;
/** Requests to REST under way at a time. */
const MAX_REQUESTS = 4;
/** A new line has run beside the old one for so long before that is cut. */
const OVERLAP_MS = 1_000;
/** The terms are asked for so often before the session gives up. */
const TERMS_ATTEMPTS = 3;
const MAX_TERMS_WAIT_MS = 60_000;
const TERMS_WEIGHT = 20;

export interface VenueHandlers {
  /** Ends the session. */
  fatal(error: Error): void;
  /** One line for people, such as a lost connection. */
  say(text: string): void;
}

interface Line {
  readonly slot: number;
  readonly conn: string;
  /** Of the session; -1 before it was up. */
  number: number;
  readonly connection: Connection;
  isUp: boolean;
  /** The line that takes its place, once it is up. */
  heir: Line | null;
  /** Subscribed since it was last up. */
  isSubscribed: boolean;
}

export class LiveVenue {
  readonly counts = new VenueCounts();
  private readonly protocol: LiveProtocol;
  private readonly source: LiveVenueSource;
  private readonly endpoints: Endpoints;
  private readonly venue: SessionVenue;
  private readonly log: SessionLog;
  private readonly handlers: VenueHandlers;
  private readonly random: () => number;
  private readonly world: LiveWorld;
  private readonly rest: RestClient;
  private readonly connects: Budget;
  private readonly resyncs: ResyncPlan;
  private readonly lines: Line[] = [];
  private readonly httpName: string;
  private readonly url: string;
  private requests = 0;
  /** Symbols that a snapshot came of. */
  private readonly snapshots = new Set<string>();
  private wasEverUp = false;
  private isStopped = false;
  private firstUp: (() => void) | null = null;
  private wasSkipping = false;
  private isPaused = false;
  /** How often messages may have been lost: a snapshot from before that time does not join what comes now. */
  private losses = 0;

  constructor(
    protocol: LiveProtocol,
    source: LiveVenueSource,
    venue: SessionVenue,
    log: SessionLog,
    random: () => number,
    world: LiveWorld,
    handlers: VenueHandlers,
  ) {
    this.protocol = protocol;
    this.source = source;
    this.endpoints = source.endpoints ?? protocol.endpoints;
    this.venue = venue;
    this.log = log;
    this.random = random;
    this.world = world;
    this.handlers = handlers;
    this.rest = new RestClient(protocol.rules, world);
    this.connects = new Budget(protocol.rules.connects.count, protocol.rules.connects.windowMs);
    this.resyncs = new ResyncPlan(random);
    this.httpName = `${connectionPrefix(source.name)}.http.1`;
    this.url = protocol.connectUrl(this.endpoints, source.symbols);
    venue.market.onStale = (instrument, reason) => this.stale(instrument.symbol, reason);
  }

  /** Resolves when a line is up; ends the session where the venue can't be reached or knows no such symbol. */
  async start(): Promise<void> {
    if (this.source.terms !== false) await this.fetchTerms();
    if (this.isStopped) return;
    for (const symbol of this.source.symbols) this.resyncs.want(symbol, this.world.nowMs());
    const up = new Promise<void>((resolve) => {
      this.firstUp = resolve;
    });
    for (let i = 0; i < this.source.redundancy; i++) this.addLine(null);
    await up;
  }

  /** Does what is due; called some times a second. */
  tick(): void {
    if (this.isStopped) return;
    const isSkipping = this.log.isBehind();
    if (this.wasSkipping && !isSkipping) this.resyncs.afresh(this.world.nowMs(), 0);
    this.wasSkipping = isSkipping;
    this.resyncs.settle((symbol) => this.isLive(symbol));
    if (!isSkipping) this.askForBooks();
  }

  pause(isPaused: boolean): void {
    this.isPaused = isPaused;
    for (const line of this.lines) line.connection.pause(isPaused);
  }

  /** Cuts the first line; it is made anew. */
  cut(): void {
    this.lines[0]?.connection.reconnect('cut on request');
  }

  /** Cuts everything. What the session holds stays as it is: the capture ends here, and so does a replay of it. */
  stop(): void {
    this.isStopped = true;
    this.venue.market.onStale = null;
    for (const line of this.lines) line.connection.stop();
    this.rest.stop();
    this.firstUp?.();
  }

  status(): LiveVenueStatus {
    const { symbols } = this.source;
    const { redundancy } = this.venue.decoder;
    return {
      venue: this.source.name,
      up: this.lines.filter((line) => line.isUp).length,
      wanted: this.source.redundancy,
      ...this.counts,
      stale: symbols.filter((symbol) => !this.isLive(symbol)),
      redundant: redundancy?.redundant ?? 0,
      lost: redundancy?.lost ?? 0,
      repeated: redundancy?.repeated ?? 0,
    };
  }

  private async fetchTerms(): Promise<void> {
    const url = this.protocol.termsUrl(this.endpoints, this.source.symbols);
    if (url === '') return;
    let trouble = '';
    for (let attempt = 1; attempt <= TERMS_ATTEMPTS && !this.isStopped; attempt++) {
      const answer = await this.rest.get(url, TERMS_WEIGHT);
      if (this.isStopped) return;
      // A refusal may say which symbol is wrong: the protocol reads it.
      const body = answer.status === 200 || answer.status === 400 ? jsonOf(answer.body) : undefined;
      if (body !== undefined) {
        for (const terms of this.protocol.parseTerms(body, this.source.symbols)) this.take(terms);
        return;
      }
      trouble = answer.trouble === '' ? 'the answer is no JSON' : answer.trouble;
      this.counts.failedRequests++;
      if (answer.status === 0) break;
      const wait = Math.max(answer.retryAfterMs, 500 * attempt);
      if (wait > MAX_TERMS_WAIT_MS) break;
      if (attempt < TERMS_ATTEMPTS) await delay(this.world, wait, () => this.isStopped);
    }
    if (this.isStopped) return;
    throw new TapeheadError(
      'NETWORK',
      `${this.source.name}: ${url}: ${trouble}; is the address right, and the venue up?`,
    );
  }

  private take(terms: SymbolTerms): void {
    this.log.terms(this.venue, this.httpName, terms);
    if (!terms.isTrading) this.handlers.say(`${this.source.name}: ${terms.symbol} is not trading now`);
  }

  /** `replaces`: the line that it takes the place of. */
  private addLine(replaces: Line | null): Line {
    let slot = 1;
    while (this.lines.some((line) => line.slot === slot)) slot++;
    const conn = `${connectionPrefix(this.source.name)}.ws.${slot}`;
    const connection = new Connection({
      url: this.url,
      rules: this.protocol.rules,
      connects: this.connects,
      random: this.random,
      world: this.world,
      handlers: {
        opened: () => this.guard(() => this.opened(line, replaces)),
        frame: (bytes) => this.guard(() => this.frame(line, bytes)),
        closed: (why) => this.guard(() => this.closed(line, why)),
        failed: (why, status) => this.guard(() => this.failed(why, status)),
        silent: () => this.guard(() => this.silent(line)),
        old: () => this.guard(() => this.old(line)),
      },
    });
    const line: Line = { slot, conn, number: -1, connection, isUp: false, heir: null, isSubscribed: false };
    this.lines.push(line);
    if (this.isPaused) connection.pause(true);
    connection.start();
    return line;
  }

  private opened(line: Line, replaces: Line | null): void {
    line.isUp = true;
    this.losses++;
    if (line.connection.timesUp > 1) this.counts.reconnects++;
    line.number = this.log.connected(this.venue, line.conn, this.url);
    this.wasEverUp = true;
    this.firstUp?.();
    this.firstUp = null;
    this.subscribe();
    if (replaces !== null && this.lines.includes(replaces)) {
      const overlapMs = this.takesSeveralLines ? OVERLAP_MS : 0;
      this.world.after(overlapMs, () => this.guard(() => this.retire(replaces)));
    }
  }

  private get takesSeveralLines(): boolean {
    return this.venue.decoder.redundancy != null;
  }

  /** Subscribes on every line that is to bring data and does not yet: all, or the one that is decoded. */
  private subscribe(): void {
    const [primary] = this.venue.up;
    for (const line of this.lines) {
      if (!line.isUp || line.isSubscribed || (!this.takesSeveralLines && line.number !== primary)) continue;
      line.isSubscribed = true;
      for (const text of this.protocol.subscribe(this.source.symbols)) this.send(line, text);
      const brings = this.protocol.resync(this.endpoints, this.source.symbols[0] ?? '').by !== 'rest';
      this.resyncs.afresh(this.world.nowMs(), brings ? SUBSCRIBED_GRACE_MS : 0);
    }
    this.tick();
  }

  private send(line: Line, text: string): void {
    this.log.sent(line.conn, text);
    line.connection.send(text);
  }

  private frame(line: Line, bytes: Buffer): void {
    const { counts } = this;
    counts.frames++;
    counts.bytes += bytes.length;
    const control = this.protocol.control(bytes, 0, bytes.length);
    const fate = this.log.frame(this.venue, line.conn, line.number, bytes);
    counts.lastFrameNs = this.log.now;
    if (fate === 'skipped') {
      counts.skipped++;
      this.losses++;
      if (!this.wasSkipping) counts.overruns++;
      this.wasSkipping = true;
    } else if (fate === 'refused') {
      counts.refused++;
      this.handlers.say(`${this.source.name}: a frame that is not what the venue sends: reconnecting`);
      line.connection.reconnect('refused a frame');
      return;
    }
    if (control.is === 'data') line.connection.broughtData();
    else if (control.is === 'ping') this.send(line, control.answer);
    else if (control.is === 'leaving') this.leave(line, control.text);
    else if (control.is === 'error') this.refusal(control.text, control.fatal);
  }

  private refusal(text: string, isFatal: boolean): void {
    this.counts.refusals++;
    if (isFatal) this.handlers.fatal(new TapeheadError('NETWORK', text));
    else this.handlers.say(text);
  }

  private closed(line: Line, why: string): void {
    line.isUp = false;
    line.isSubscribed = false;
    this.losses++; // an answer that is under way must not make a book live that nothing follows
    this.log.disconnected(this.venue, line.conn, why);
    this.handlers.say(`${this.source.name}: connection ${line.slot} lost: ${why}`);
    this.subscribe(); // a line that stood by takes over
  }

  private failed(why: string, status: number): void {
    this.counts.failedConnects++;
    if (status === 429 || status === 418) this.counts.rateLimited++;
    if (this.wasEverUp || status === 429 || status === 418 || status >= 500) {
      this.handlers.say(`${this.source.name}: no connection: ${why}`);
      return;
    }
    const where = new URL(this.url).origin;
    this.handlers.fatal(
      new TapeheadError('NETWORK', `${this.source.name}: ${where}: ${why}; is the address right, and the venue up?`),
    );
  }

  private silent(line: Line): void {
    this.counts.silences++;
    this.log.silent(this.venue, line.conn);
  }

  /** The venue is about to cut the line. */
  private leave(line: Line, text: string): void {
    this.handlers.say(text);
    this.old(line);
  }

  /** Make before break: a new line is opened, and this one cut when that is up. */
  private old(line: Line): void {
    if (line.heir !== null && this.lines.includes(line.heir)) return;
    this.counts.replaced++;
    line.heir = this.addLine(line);
  }

  private retire(line: Line): void {
    const at = this.lines.indexOf(line);
    if (at < 0 || this.isStopped) return;
    this.lines.splice(at, 1);
    line.connection.stop();
    if (line.isUp) this.log.disconnected(this.venue, line.conn, 'replaced');
    line.isUp = false;
    this.subscribe();
  }

  private stale(symbol: string, reason: StaleReason): void {
    if (reason === StaleReason.None) return;
    this.resyncs.want(symbol, this.world.nowMs());
  }

  private isLive(symbol: string): boolean {
    const name = Buffer.from(symbol, 'utf8');
    return this.venue.market.instruments.known(name, 0, name.length)?.stale === StaleReason.None;
  }

  private askForBooks(): void {
    const line = this.lines.find((one) => one.isSubscribed);
    if (line === undefined) return;
    for (;;) {
      const now = this.world.nowMs();
      const symbol = this.resyncs.next(now);
      if (symbol === null) return;
      const how = this.protocol.resync(this.endpoints, symbol);
      if (how.by === 'rest') {
        if (this.requests >= MAX_REQUESTS || this.rest.waitMs(how.weight) > 0) return;
        this.resyncs.asked(symbol, now, Number.POSITIVE_INFINITY);
        void this.request(symbol, how.url, how.weight);
      } else {
        this.counts.resyncs++;
        this.resyncs.asked(symbol, now, SUBSCRIBED_GRACE_MS);
        if (how.by === 'frames') for (const text of how.frames) this.send(line, text);
        else line.connection.reconnect('to make the books whole');
      }
    }
  }

  private async request(symbol: string, url: string, weight: number): Promise<void> {
    this.counts.resyncs++;
    this.requests++;
    const { losses } = this;
    const answer = await this.rest.get(url, weight);
    this.requests--;
    if (this.isStopped) return;
    this.guard(() => {
      if (answer.status === 200 && losses !== this.losses) {
        // Nothing need come that shows the hole between it and the connection's first message.
        this.log.note(this.httpName, `not used, asked for before messages were lost: ${url}`);
      } else if (answer.status === 200) {
        this.snapshots.add(symbol);
        if (this.log.answer(this.venue, this.httpName, url, answer.body) === 'refused') this.counts.refused++;
      } else {
        this.counts.failedRequests++;
        if (answer.status === 429 || answer.status === 418) this.counts.rateLimited++;
        this.log.note(this.httpName, `${url}: ${answer.trouble}`);
        const text = `${this.source.name}: no snapshot of ${symbol}: ${answer.trouble}`;
        // Asking again would not help: it was never there.
        const isForGood = (answer.status === 400 || answer.status === 404) && !this.snapshots.has(symbol);
        if (isForGood) this.refusal(`${text}; is the symbol right?`, true);
        else this.handlers.say(text);
      }
      this.resyncs.answered(symbol, this.world.nowMs());
      this.tick();
    });
  }

  /** What a handler throws ends the session: the engine is gone, or a bug. */
  private guard(work: () => void): void {
    if (this.isStopped) return;
    try {
      work();
    } catch (error) {
      this.handlers.fatal(error instanceof Error ? error : new Error(messageOf(error)));
    }
  }
}

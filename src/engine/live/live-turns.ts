/**
 * What a live engine does between market events: takes what the gateways say, the risk worker's answers and commands as they
 * come, lets due things happen while nothing comes, and winds the run down at its end.
 *
 * Whoever waits for events parks on the feed ring for IDLE_MS at most, so everything else is seen within about a millisecond.
 */
import type { LiveIdentity } from '../../config/live-identity.ts';
import { CommandKind } from '../../core/record.ts';
import { GatewayStanding, VenueMessage } from '../../gateway/venue-message.ts';
import { VenueMessageReader } from '../../gateway/venue-ring.ts';
import { SpscReader, type SpscShared } from '../../ring/spsc.ts';
import type { Engine } from '../engine.ts';
import type { AnswerBox } from '../portfolio/answer-box.ts';
import { LocalMessage, StateWord, VenueInput } from '../trading/venue-input.ts';
import { Intake } from './intake.ts';
import type { VenueRoutes } from './routes.ts';

/** Longest time that an engine with nothing to do does not look at gateways, answers and commands. */
export const IDLE_MS = 0.5;
/** Messages of one gateway in a turn. */
const MAX_MESSAGES = 64;

/** How a live engine is joined to the rest. */
export interface LiveLink {
  /** Session ns. */
  readonly now: () => number;
  /** How long the end of a run waits for the answers to its cancels. */
  readonly cancelWaitNs: number;
  /** Of a run whose orders go to venues: its rings, by venue. */
  readonly venues: readonly { readonly orders: SpscShared; readonly messages: SpscShared }[];
}

export class LiveTurns {
  /** Orders that are open, or may be, though the run has ended; a line each. */
  leftOpen: readonly string[] = [];
  private readonly engine: Engine;
  private readonly link: LiveLink;
  private readonly box: AnswerBox;
  private readonly routes: VenueRoutes | null;
  private readonly inboxes: readonly VenueMessageReader[];
  private readonly intake: Intake;
  private readonly local = new VenueInput();
  private readonly nowCell = new Float64Array(1);
  private isFull = false;
  private readonly isLost: boolean[] = [];
  /** Session ns at which the end of the run no longer waits; 0 while it goes on. */
  private deadlineNs = 0;

  constructor(engine: Engine, live: LiveIdentity, link: LiveLink, box: AnswerBox, routes: VenueRoutes | null) {
    this.engine = engine;
    this.link = link;
    this.box = box;
    this.routes = routes;
    this.inboxes = link.venues.map(({ messages }) => new VenueMessageReader(new SpscReader(messages)));
    this.intake = new Intake(engine.market.books, live.venues.length);
  }

  /** What came from elsewhere than the feed; returns how much that was. */
  take(): number {
    let done = this.takeAnswer();
    for (const [venue, inbox] of this.inboxes.entries()) {
      const isClosed = inbox.isClosed(); // before the last look
      let count = 0;
      while (count < MAX_MESSAGES && inbox.next()) {
        this.engine.venueMessage(this.intake.take(inbox.view));
        inbox.done();
        count++;
      }
      done += count;
      if (count === 0 && (isClosed || this.routes?.isGone(venue) === true)) this.lose(venue);
    }
    this.checkRoom();
    return done;
  }

  /** Nothing came: what is due by now happens. Returns 1 where something was. */
  letTimePass(): number {
    const now = this.readClock();
    if (this.engine.nextDueNs() > now[0]) return 0;
    this.engine.advance(now, 0);
    return 1;
  }

  /** How long whoever waits may wait, ms. */
  idleMs(): number {
    const ms = (this.engine.nextDueNs() - this.link.now()) / 1e6;
    return ms < IDLE_MS ? Math.max(0, ms) : IDLE_MS;
  }

  /** Something is asked for from outside, now. */
  command(kind: CommandKind, text: string): void {
    const now = this.readClock();
    this.engine.advance(now, 0);
    this.engine.command(kind, text, now[0]);
  }

  /**
   * The feed has ended: strategies stop, what is open is cancelled, and its answers are waited for. To be called again and again;
   * true once the run may end.
   */
  windDown(): boolean {
    const { trading } = this.engine;
    if (trading === null) return true;
    if (this.deadlineNs === 0) {
      this.deadlineNs = this.link.now() + this.link.cancelWaitNs;
      this.command(CommandKind.StopTrading, '{"by":"engine","do":"stop-trading"}');
    }
    if (trading.openOrders > 0 && this.link.now() < this.deadlineNs) return false;
    this.leftOpen = trading.parts.venues?.openOrders() ?? [];
    this.routes?.end();
    return true;
  }

  /** Whoever ran the gateways before is gone: of a run that goes on with its log. */
  beginAgain(): void {
    const { venues } = this.engine.trading?.parts ?? { venues: null };
    for (const account of venues?.accounts ?? []) {
      if (account.standing !== GatewayStanding.Down) this.stand(account.index, GatewayStanding.Down);
    }
    if (this.routes !== null) this.routes.isMuted = false;
    venues?.defineAll();
  }

  /** The answer of portfolio risk takes effect when it comes. */
  private takeAnswer(): number {
    const asked = this.engine.trading?.parts.portfolio?.asked ?? 0;
    if (asked === 0 || !this.box.isAnswered(asked)) return 0;
    const now = this.readClock();
    this.engine.advance(now, 0);
    this.engine.figures(this.box.answer, now[0]);
    return 1;
  }

  /** A gateway has ended. */
  private lose(venue: number): void {
    if (this.isLost[venue]) return;
    this.isLost[venue] = true;
    this.stand(venue, GatewayStanding.Failed);
  }

  private stand(venue: number, standing: number): void {
    const input = this.local.local(VenueMessage.Standing, venue, this.link.now());
    input.words[StateWord.Standing] = standing;
    this.engine.venueMessage(input);
  }

  /** Whether orders may leave is looked at between inputs, and is an input itself: a rerun has no rings. */
  private checkRoom(): void {
    if (this.routes === null || this.routes.hasRoom !== this.isFull) return;
    this.isFull = !this.isFull;
    const kind = this.isFull ? LocalMessage.OutletFull : LocalMessage.OutletRoom;
    this.engine.venueMessage(this.local.local(kind, 0, this.link.now()));
  }

  private readClock(): Float64Array {
    this.nowCell[0] = this.link.now();
    return this.nowCell;
  }
}

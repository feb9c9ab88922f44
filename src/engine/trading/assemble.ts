/** Builds the parts of the trading half in the order they need each other, and joins them at the desk. */
import type { Books } from '../../book/books.ts';
import { OrderManager } from '../../oms/order-manager.ts';
import type { PortfolioModel } from '../../portfolio/live/portfolio-state.ts';
import type { JournalWriter } from '../../ring/journal.ts';
import { FxRates } from '../../risk/money.ts';
import { Positions } from '../../risk/positions.ts';
import { PreTradeRisk } from '../../risk/pre-trade.ts';
import { Subjects } from '../../risk/subjects.ts';
import { StrategyHost } from '../../strategy/host.ts';
import { LiveVenue } from '../../venue/live-venue.ts';
import { SimVenue } from '../../venue/sim-venue.ts';
import { PortfolioDesk } from '../portfolio/portfolio-desk.ts';
import { Desk } from './desk.ts';
import { Figures } from './figures.ts';
import { Instruments } from './instruments.ts';
import { OrderEvents } from './order-events.ts';
import { StandingDesk } from './standing-desk.ts';
import { Timers } from './timers.ts';
import { TradeJournal } from './trade-journal.ts';
import type { EngineClock, TradingParts, TradingSetup } from './trading.ts';
import { VenueDesk } from './venue-desk.ts';

/** Orders that a run has room for before its tables grow. */
const EXPECTED_ORDERS = 1 << 14;

export function assemble(
  books: Books,
  journalWriter: JournalWriter,
  clock: EngineClock,
  setup: TradingSetup,
): TradingParts {
  const { identity, seed } = setup;
  const accountOf = identity.strategies.map(({ account }) =>
    identity.accounts.findIndex((one) => one.name === account),
  );
  const subjects = new Subjects(
    identity.accounts,
    identity.strategies.map(({ id }, i) => ({ name: id, account: accountOf[i] })),
  );
  const desk = new Desk(clock, accountOf, setup.venueOutlet ?? setup.outlet);
  const events = new OrderEvents(clock, desk);
  const oms = new OrderManager(events, { orders: EXPECTED_ORDERS, executions: EXPECTED_ORDERS });
  const positions = new Positions(subjects, new FxRates(identity.accounts[0].currency, identity.fx));
  const risk = new PreTradeRisk(identity.risk, books, oms, positions, identity.latched);
  const live = setup.live?.mode === 'venue' ? setup.live : null;
  const liveVenue = live === null ? null : new LiveVenue(oms.orders, identity.venue);
  const venue = liveVenue ?? new SimVenue(books, oms.orders, identity.venue, seed, events);
  const journal = new TradeJournal(journalWriter, clock, oms.orders);
  const timers = new Timers(identity.strategies.length);
  const instruments = new Instruments(identity);
  const figures = new Figures(positions, oms);
  const host = new StrategyHost(desk, { books, orders: oms, figures }, { seed, budgetTicks: identity.budgetTicks });
  identity.strategies.forEach(({ id }, i) => {
    host.add(id, setup.strategies[i]);
  });
  const portfolio =
    setup.portfolio == null ? null : portfolioDesk(setup, setup.portfolio, risk, oms, journalWriter, clock);
  const parts = {
    oms,
    positions,
    risk,
    venue,
    host,
    journal,
    timers,
    instruments,
    desk,
    events,
    portfolio,
    identity,
    refusals: [],
  };
  const standing = new StandingDesk(parts, setup);
  portfolio?.setListener(standing);
  risk.setStandingListener(standing);
  const venues =
    live === null || liveVenue === null
      ? null
      : new VenueDesk(live, { ...parts, books }, clock, liveVenue, setup.venueOutlet ?? null, (line) =>
          setup.onVenue?.(line),
        );
  const whole = { ...parts, standing, venues };
  desk.join(whole);
  events.join(whole);
  return whole;
}

function portfolioDesk(
  { identity, live }: TradingSetup,
  model: PortfolioModel,
  risk: PreTradeRisk,
  oms: OrderManager,
  journal: JournalWriter,
  claimer: EngineClock,
): PortfolioDesk | null {
  if (identity.portfolio === undefined) return null;
  const own = identity.accounts[0].currency;
  const fxOf = (currency: string): number => (currency === own ? 1 : Number(identity.fx[currency] ?? Number.NaN));
  const { positions, exposure } = risk;
  return new PortfolioDesk(identity.portfolio, model, {
    positions,
    exposure,
    orders: oms.orders,
    journal,
    claimer,
    fxOf,
    isLive: live !== undefined,
  });
}

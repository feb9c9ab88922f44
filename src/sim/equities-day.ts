/** The timetable of the simulated equities day: what the venue does when, beside the trading itself. */
import { MAKERS } from './equities-listings.ts';
import {
  CLOSE,
  clock,
  ENTRY_ENDS,
  ENTRY_STARTS,
  type EquitiesSession,
  type Instrument,
  MINUTE,
  OPEN,
  SECOND,
} from './equities-session.ts';

/** Time between two instruments' crosses at the open and the close. */
const CROSS_STEP_NS = 41_000_137;
const MICROSECOND = 1_000;

/** Puts the whole day on the agenda. Times within the day are fixed; their nanoseconds are drawn. */
export function scheduleDay(session: EquitiesSession): void {
  startOfDay(session);
  opening(session);
  publicOffering(session, session.find('WIND'));
  directListing(session, session.find('DRUM'));
  operationalHalt(session, session.find('HUBB'));
  volatilityPause(session, session.find('LEDR'));
  marketWideBreaker(session);
  retailInterest(session);
  closing(session);
}

function startOfDay(session: EquitiesSession): void {
  const { agenda, writer, dice, instruments } = session;
  let at = clock(3, 4, 31) + dice.below(SECOND);
  const then = (stepNs: number, run: () => void) => {
    agenda.add(at, run);
    at += stepNs + dice.below(stepNs);
  };
  then(4 * MINUTE, () => writer.systemEvent('O'));
  for (const { locate, listing } of instruments)
    then(50 * MICROSECOND, () => writer.directory(locate, listing.directory));
  for (const instrument of instruments) {
    const { locate, symbol, listing } = instrument;
    const waits = listing.debut !== 'listed';
    then(2 * MICROSECOND, () => session.tradingAction(instrument, waits ? 'H' : 'T', waits ? 'IPO1' : ''));
    then(2 * MICROSECOND, () => writer.shortSaleRestriction(locate, symbol, '0'));
  }
  for (const { locate, symbol } of instruments) {
    MAKERS.forEach((mpid, index) => {
      then(20 * MICROSECOND, () => writer.participant(locate, mpid, symbol, index % 2 === 0, 'A'));
    });
  }
  agenda.add(clock(3, 30) + dice.below(SECOND), () => {
    // 7, 13 and 20 % below the index's previous close of 5,000, in 1e-8.
    writer.breakerLevels(4650 * 1e8, 4350 * 1e8, 4000 * 1e8);
  });
  agenda.add(ENTRY_STARTS, () => {
    writer.systemEvent('S');
    for (const instrument of instruments) if (instrument.listing.debut === 'listed') session.stop(instrument, 'call');
  });
}

function opening(session: EquitiesSession): void {
  const { agenda, writer, instruments } = session;
  const listed = instruments.filter((instrument) => instrument.listing.debut === 'listed');
  indications(session, listed, 'O', OPEN - 5 * MINUTE, 10 * SECOND, OPEN - 2 * MINUTE);
  indications(session, listed, 'O', OPEN - 2 * MINUTE, SECOND, OPEN);
  agenda.add(OPEN - 10 * SECOND, () => {
    for (const instrument of listed) instrument.market.quoteAll();
  });
  agenda.add(OPEN + 1_313, () => writer.systemEvent('Q'));
  listed.forEach((instrument, index) => {
    agenda.add(OPEN + 20_000_419 + index * CROSS_STEP_NS, () => session.reopen(instrument, 'O'));
  });
}

/** IPO: halted until 10:15, quotation only until 10:27, then its cross. */
function publicOffering(session: EquitiesSession, instrument: Instrument): void {
  const { agenda, writer } = session;
  const { locate, symbol } = instrument;
  const price = instrument.listing.profile.startPrice;
  const release = clock(10, 25);
  agenda.add(clock(9, 35, 12), () => writer.ipoQuotation(locate, symbol, clock(10, 20) / SECOND, 'A', price));
  agenda.add(clock(10, 5, 3), () => writer.ipoQuotation(locate, symbol, release / SECOND, 'A', price));
  callThenTrade(session, instrument, 'IPOQ', clock(10, 15), release + 2 * MINUTE);
}

/** Direct listing with a capital raise: as an IPO, and O says whether and where it may open. */
function directListing(session: EquitiesSession, instrument: Instrument): void {
  const { agenda, writer } = session;
  const { locate, symbol } = instrument;
  const price = instrument.listing.profile.startPrice;
  const say = (eligible: boolean) => {
    const near = session.reference(instrument);
    // 20 % below and 80 % above the registered range; collars of 10 % about the near price.
    const [minimum, maximum] = [price * 0.8, price * 1.8].map(Math.floor);
    const [lower, upper] = [near * 0.9, near * 1.1].map(Math.floor);
    writer.directListing(locate, symbol, eligible, minimum, maximum, near, writer.now, lower, upper);
  };
  const cross = clock(10, 55, 8);
  callThenTrade(session, instrument, 'IPOQ', clock(10, 40), cross);
  agenda.add(cross - 3 * MINUTE, () => say(false));
  agenda.add(cross - 2 * SECOND, () => say(true));
}

/** Quotation only from `from`, an auction at `to`, then trading. */
function callThenTrade(
  session: EquitiesSession,
  instrument: Instrument,
  reason: string,
  from: number,
  to: number,
): void {
  const { agenda, dice } = session;
  agenda.add(from + dice.below(SECOND), () => {
    session.tradingAction(instrument, 'Q', reason);
    session.stop(instrument, 'call');
    instrument.market.quoteAll();
  });
  indications(session, [instrument], 'H', from + 5 * SECOND, 5 * SECOND, to);
  agenda.add(to + dice.below(SECOND), () => {
    session.reopen(instrument, 'H');
    session.tradingAction(instrument, 'T');
  });
}

function operationalHalt(session: EquitiesSession, instrument: Instrument): void {
  const { agenda, writer, dice } = session;
  const { locate, symbol } = instrument;
  agenda.add(clock(11, 5) + dice.below(SECOND), () => {
    writer.operationalHalt(locate, symbol, 'H');
    session.stop(instrument, 'halted');
    writer.participant(locate, MAKERS[1], symbol, false, 'E');
  });
  agenda.add(clock(11, 9) + dice.below(SECOND), () => {
    writer.operationalHalt(locate, symbol, 'T');
    instrument.phase = 'continuous';
    instrument.book.continuous = true;
    instrument.book.checkInvariants();
  });
  agenda.add(clock(12, 30), () => writer.participant(locate, MAKERS[1], symbol, false, 'A'));
}

/** Limit up - limit down: a fall of a tenth in half a minute, a pause of ten minutes, extended once. */
function volatilityPause(session: EquitiesSession, instrument: Instrument): void {
  const { agenda, writer, dice } = session;
  const { locate, symbol } = instrument;
  const fall = clock(11, 40);
  agenda.every(fall, fall + 25 * SECOND, 2.5 * SECOND, () => instrument.market.fair.shock(-0.011));
  agenda.every(fall, fall + 27 * SECOND, 0.15 * SECOND, () => session.burst(instrument));
  const collar = (extension: number) => {
    const reference = session.reference(instrument);
    const width = Math.floor((reference * (5 + 5 * extension)) / 100);
    writer.auctionCollar(locate, symbol, reference, reference + width, reference - width, extension);
  };
  agenda.add(fall + 27 * SECOND + dice.below(SECOND), () => {
    session.tradingAction(instrument, 'P', 'LUDP');
    session.stop(instrument, 'halted');
    collar(0);
  });
  agenda.add(fall + 5 * MINUTE + 30 * SECOND, () => collar(1));
  callThenTrade(session, instrument, 'LUDP', fall + 5 * MINUTE + 31 * SECOND, fall + 10 * MINUTE + 30 * SECOND);
  agenda.add(fall + 20 * SECOND, () => {
    const trade = instrument.lastMatch; // clearly erroneous, at the bottom of the fall
    agenda.add(clock(12, 2) + dice.below(SECOND), () => session.breakTrade(instrument, trade));
  });
}

/** A slide of all prices by 7 %: the level-1 market-wide halt of 15 minutes, then an auction in every instrument. */
function marketWideBreaker(session: EquitiesSession): void {
  const { agenda, writer, dice, instruments } = session;
  const slide = clock(13, 10);
  const all = (run: (instrument: Instrument) => void) => () => {
    for (const instrument of instruments) {
      run(instrument);
      writer.now += 1 + dice.below(5_000);
    }
  };
  agenda.every(
    slide,
    slide + 6 * MINUTE,
    20 * SECOND,
    all((instrument) => instrument.market.fair.shock(-0.004)),
  );
  agenda.every(
    slide,
    slide + 6 * MINUTE,
    2 * SECOND,
    all((instrument) => session.burst(instrument)),
  );
  agenda.add(slide + 6 * MINUTE + dice.below(SECOND), () => {
    writer.breakerBreached('1');
    all((instrument) => {
      session.tradingAction(instrument, 'H', 'MWC1');
      session.stop(instrument, 'halted');
    })();
  });
  const resume = slide + 21 * MINUTE;
  agenda.add(
    resume,
    all((instrument) => instrument.market.fair.shock(0.01)),
  );
  for (const instrument of instruments) callThenTrade(session, instrument, 'MWCQ', resume, resume + 5 * MINUTE);
  agenda.every(
    resume + 10 * MINUTE,
    resume + 60 * MINUTE,
    5 * MINUTE,
    all((instrument) => instrument.market.fair.shock(0.003)),
  );
}

/** Retail price improvement interest comes and goes. */
function retailInterest(session: EquitiesSession): void {
  const { agenda, writer, dice, instruments } = session;
  for (let at = OPEN + 30 * SECOND; at < CLOSE; at += 20 * SECOND + dice.below(200 * SECOND)) {
    agenda.add(at, () => {
      const instrument = dice.pick(instruments);
      if (instrument.phase === 'continuous')
        writer.retailInterest(instrument.locate, instrument.symbol, dice.pick(['B', 'S', 'A', 'N']));
    });
  }
}

function closing(session: EquitiesSession): void {
  const { agenda, writer, dice, instruments } = session;
  agenda.every(CLOSE - 60 * MINUTE, CLOSE, 3 * SECOND, () => {
    const { market } = dice.pick(instruments);
    market.interest.push(market.auctionInterest());
  });
  indications(session, instruments, 'C', CLOSE - 10 * MINUTE, 10 * SECOND, CLOSE - 5 * MINUTE);
  indications(session, instruments, 'C', CLOSE - 5 * MINUTE, SECOND, CLOSE);
  agenda.add(CLOSE + 907, () => writer.systemEvent('M'));
  instruments.forEach((instrument, index) => {
    agenda.add(CLOSE + 35_000_771 + index * CROSS_STEP_NS, () => {
      instrument.phase = 'afterHours';
      session.reopen(instrument, 'C');
    });
    agenda.add(CLOSE + MINUTE + dice.below(5 * MINUTE), () => instrument.market.withdrawMakers());
  });
  agenda.add(ENTRY_ENDS, () => writer.systemEvent('E'));
  agenda.add(ENTRY_ENDS + 5 * MINUTE + dice.below(SECOND), () => writer.systemEvent('C'));
}

function indications(
  session: EquitiesSession,
  instruments: readonly Instrument[],
  crossType: string,
  from: number,
  stepNs: number,
  to: number,
): void {
  session.agenda.every(from, to, stepNs, () => {
    for (const instrument of instruments) {
      if (crossType === 'H' && instrument.phase !== 'call') continue;
      session.indicate(instrument, crossType);
      session.writer.now += 1 + session.dice.below(3_000);
    }
  });
}

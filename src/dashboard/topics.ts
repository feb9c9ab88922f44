/** What each topic tells: everything it has, and what is new since a mark. */
import type { Gauges } from './model/gauges.ts';
import { COLUMNS, Col } from './model/market.ts';
import type { Model } from './model/model.ts';
import type { Table } from './model/table.ts';
import type { StatePayload, Topic } from './protocol.ts';

/** A moment that is looked at: the run as it is now, or a finished log as it was at some time. */
export interface View {
  readonly model: Model;
  readonly gauges: Gauges;
  /** Changes when everything has to be told anew. */
  epoch: number;
}

/** Checked and filled in. */
export interface Params {
  readonly rate: number;
  /** -1: of all instruments. */
  readonly instrument: number;
  readonly depth: number;
}

export interface TopicSource {
  /** Brings up to date what is only looked at. */
  refresh?(view: View, nowMs: number): void;
  /** Counts changes; what is new since then is what `update` gives for it. */
  mark(view: View, params: Params): number;
  snapshot(view: View, params: Params, nowMs: number): unknown;
  /** Null: nothing is new. Topics of one object have none: their snapshot is told where it differs. */
  update?(view: View, params: Params, since: number): unknown;
  /** As the view's epoch, for this topic alone; below 1,024, and it may go back with the view. */
  epoch?(view: View): number;
}

export const TOPIC_SOURCES: Readonly<Record<Topic, TopicSource>> = {
  state: { mark: () => 0, snapshot: ({ model }) => stateOf(model) },
  instruments: byInstrument(
    Col.DefVersion,
    (model) => model.market.defVersion,
    (model, i) => model.market.instrumentRow(i),
  ),
  top: byInstrument(
    Col.TopVersion,
    (model) => model.market.topVersion,
    (model, i) => model.market.topRow(i),
  ),
  depth: {
    mark: ({ model }, { instrument }) => model.market.columns[instrument * COLUMNS + Col.BookVersion] ?? 0,
    snapshot: ({ model }, { instrument, depth }) => model.market.depth(instrument, depth),
    update: ({ model }, { instrument, depth }, since) =>
      model.market.columns[instrument * COLUMNS + Col.BookVersion] > since
        ? model.market.depth(instrument, depth)
        : null,
  },
  trades: ofHistory((model) => model.market.trades, 2),
  fills: ofHistory((model) => model.trading.fills, 4),
  alerts: ofHistory((model) => model.alerts.history, -1),
  orders: ofTable(({ model }) => model.trading.orders, 3),
  positions: ofTable(
    ({ model }) => model.trading.positions,
    1,
    ({ model }) => model.trading.refresh(),
  ),
  limits: ofTable(({ model, gauges }) => (gauges.limits.size > 0 ? gauges.limits : model.standing.limits), -1),
  latency: ofTable(
    ({ gauges }) => gauges.latency,
    -1,
    ({ gauges }, nowMs) => gauges.refreshLatency(nowMs),
  ),
  feed: ofTable(
    ({ gauges }) => gauges.feed,
    -1,
    ({ gauges, model }, nowMs) => gauges.refreshFeed(model, nowMs),
  ),
  rings: ofTable(
    ({ gauges }) => gauges.rings,
    -1,
    ({ gauges }, nowMs) => gauges.refreshRings(nowMs),
  ),
  counters: ofTable(
    ({ gauges }) => gauges.counters,
    -1,
    ({ gauges, model }, nowMs) => gauges.refreshCounters(model, nowMs),
  ),
  pnl: ofSamples((model) => model.trading.pnl),
  risk: ofSamples((model) => model.standing.risk),
  log: { mark: () => 0, snapshot: ({ gauges, model }, _params, nowMs) => gauges.log(model, nowMs) },
};

function stateOf(model: Model): StatePayload {
  const { standing } = model;
  return {
    nowNs: model.nowNs,
    seq: model.seq,
    killed: [...standing.killed],
    tradingStates: Array.from(standing.tradingStates, ([subject, state]) => {
      const [scope, ...name] = subject.split(' ');
      return [scope, name.join(' '), state] as const;
    }),
    strategies: Array.from(standing.strategies, ([id, [state, text]]) => [id, state, text] as const),
    venues: Array.from(standing.venues, ([name, [word, text]]) => [name, word, text] as const),
    ended: model.ended,
    lapsedSeq: model.lapsedSeq,
  };
}

/** Rows by instrument, found by the version in a column. */
function byInstrument(
  column: number,
  version: (model: Model) => number,
  row: (model: Model, instrument: number) => unknown,
): TopicSource {
  const rows = (model: Model, only: number, since: number): unknown[] => {
    const { market } = model;
    const found: unknown[] = [];
    const [from, to] = only < 0 ? [0, market.count] : [only, only + 1];
    for (let i = from; i < to; i++) {
      if (market.def(i) !== undefined && market.columns[i * COLUMNS + column] > since) found.push(row(model, i));
    }
    return found;
  };
  return {
    mark: ({ model }) => version(model),
    snapshot: ({ model }, { instrument }) => rows(model, instrument, -1),
    update: ({ model }, { instrument }, since) =>
      version(model) > since ? filled(rows(model, instrument, since)) : null,
  };
}

interface Appended<Row> {
  readonly total: number;
  rows(): readonly Row[];
  since(total: number): readonly Row[];
}

/** Rows that are only ever added. `at`: place of the instrument in a row, -1 where there is none. */
function ofHistory<Row extends readonly unknown[]>(of: (model: Model) => Appended<Row>, at: number): TopicSource {
  const narrowed = (rows: readonly Row[], instrument: number): readonly Row[] =>
    instrument < 0 || at < 0 ? rows : rows.filter((row) => row[at] === instrument);
  return {
    mark: ({ model }) => of(model).total,
    snapshot: ({ model }, { instrument }) => narrowed(of(model).rows(), instrument),
    update: ({ model }, { instrument }, since) => filled(narrowed(of(model).since(since), instrument)),
  };
}

function ofSamples<Row extends readonly unknown[]>(
  of: (model: Model) => Appended<Row> & { readonly thinned: number },
): TopicSource {
  return { ...ofHistory(of, -1), epoch: ({ model }) => of(model).thinned };
}

function ofTable<Key, Row extends readonly unknown[]>(
  of: (view: View) => Table<Key, Row>,
  at: number,
  refresh?: (view: View, nowMs: number) => void,
): TopicSource {
  const narrowed = (rows: readonly Row[], instrument: number): readonly Row[] =>
    instrument < 0 || at < 0 ? rows : rows.filter((row) => row[at] === instrument);
  return {
    ...(refresh === undefined ? {} : { refresh }),
    mark: (view) => of(view).version,
    snapshot: (view, { instrument }) => narrowed(of(view).rows(), instrument),
    update: (view, { instrument }, since) => filled(narrowed(of(view).since(since), instrument)),
  };
}

function filled(rows: readonly unknown[]): readonly unknown[] | null {
  return rows.length === 0 ? null : rows;
}

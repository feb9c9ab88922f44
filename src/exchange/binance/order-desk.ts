/**
 * Order entry of Binance, spot or USD-M, without its transports: every operation takes an account and parameters and returns
 * what the venue answers, or throws WireError. Sources: "Trading requests" and "Account requests" of spot's documents;
 * "Trade" and "Account" of the USD-M futures'.
 */
import type { Account } from '../accounts.ts';
import type { Exchange } from '../exchange.ts';
import type { Market } from '../market.ts';
import type { ExchangeOrder } from '../orders.ts';
import type { WireParams } from './order-auth.ts';
import { cancelRefused, missing, noSuchOrder, refusalError, WireError } from './order-errors.ts';
import { OrderCounts, type OrderLimit } from './order-limits.ts';
import {
  futuresAccount,
  futuresBalance,
  futuresOrder,
  positionRisk,
  spotAccount,
  spotCanceled,
  spotOrder,
  spotPlaced,
  tradeRow,
  type WireObject,
} from './order-wire.ts';
import { modifyTerms, msOf, orderRequest } from './order-words.ts';
import type { UserStreams } from './user-streams.ts';

const DEFAULT_ROWS = 500;
const MAX_ROWS = 1_000;

export class OrderDesk {
  readonly isSpot: boolean;
  private readonly exchange: Exchange;
  private readonly streams: UserStreams;
  private readonly nowUs: () => number;
  private readonly limits: readonly OrderLimit[] | undefined;
  private readonly counts = new Map<Account, OrderCounts>();
  /** The futures' dead-man timers: account and symbol → when. */
  private readonly countdowns = new Map<string, { account: Account; market: Market; atMs: number }>();
  private cancelNumber = 0;

  constructor(
    exchange: Exchange,
    isSpot: boolean,
    streams: UserStreams,
    nowUs: () => number,
    limits?: readonly OrderLimit[],
  ) {
    this.exchange = exchange;
    this.isSpot = isSpot;
    this.streams = streams;
    this.nowUs = nowUs;
    this.limits = limits;
    exchange.listen(streams);
  }

  get nowMs(): number {
    return msOf(this.nowUs());
  }

  countsOf(account: Account): OrderCounts {
    let counts = this.counts.get(account);
    if (counts === undefined) {
      counts = new OrderCounts(this.limits);
      this.counts.set(account, counts);
    }
    return counts;
  }

  place(account: Account, params: WireParams): WireObject {
    this.countsOf(account).take(this.nowMs);
    return this.enter(account, params);
  }

  /** Whether the order would be taken by its form; nothing is placed. */
  test(_account: Account, params: WireParams): WireObject {
    orderRequest(params, this.market(params), this.isSpot);
    return {};
  }

  cancel(account: Account, params: WireParams): WireObject {
    const order = this.find(account, params, 'origClientOrderId');
    if (order === undefined || !order.isOpen) throw cancelRefused();
    const restriction = params.get('cancelRestrictions');
    const isRestricted =
      (restriction === 'ONLY_NEW' && order.cumLots > 0) ||
      (restriction === 'ONLY_PARTIALLY_FILLED' && order.cumLots === 0);
    if (isRestricted) throw new WireError(400, -2011, 'Order was not canceled due to cancel restrictions.');
    const name = params.get('newClientOrderId') || `cancel-${++this.cancelNumber}`;
    this.advance();
    this.streams.cancelName = name;
    this.exchange.cancel(order);
    this.streams.cancelName = '';
    return this.isSpot ? spotCanceled(order, name) : futuresOrder(order);
  }

  /** Spot. STOP_ON_FAILURE: nothing is placed where nothing was cancelled. */
  cancelReplace(account: Account, params: WireParams): WireObject {
    this.countsOf(account).take(this.nowMs);
    const mode = params.get('cancelReplaceMode');
    if (mode !== 'STOP_ON_FAILURE' && mode !== 'ALLOW_FAILURE') throw missing('cancelReplaceMode');
    orderRequest(params, this.market(params), this.isSpot); // ill-formed: neither is done
    const cancelParams = new Map(params);
    cancelParams.set('origClientOrderId', params.get('cancelOrigClientOrderId') ?? '');
    cancelParams.set('orderId', params.get('cancelOrderId') ?? '');
    cancelParams.set('newClientOrderId', params.get('cancelNewClientOrderId') ?? '');
    const canceled = attempt(() => this.cancel(account, cancelParams));
    const placed =
      canceled.error !== null && mode === 'STOP_ON_FAILURE' ? null : attempt(() => this.enter(account, params));
    const data = {
      cancelResult: canceled.error === null ? 'SUCCESS' : 'FAILURE',
      newOrderResult: placed === null ? 'NOT_ATTEMPTED' : placed.error === null ? 'SUCCESS' : 'FAILURE',
      cancelResponse: canceled.answer,
      newOrderResponse: placed?.answer ?? null,
    };
    if (canceled.error === null && placed?.error === null) return data;
    if (canceled.error === null || placed?.error === null) {
      throw new WireError(409, -2021, 'Order cancel-replace partially failed.', data);
    }
    throw new WireError(400, -2022, 'Order cancel-replace failed.', data);
  }

  /** USD-M: another price and quantity, under the same name. */
  modify(account: Account, params: WireParams): WireObject {
    this.countsOf(account).take(this.nowMs);
    const order = this.find(account, params, 'origClientOrderId');
    if (order === undefined || !order.isOpen) throw noSuchOrder();
    const { priceTicks, lots } = modifyTerms(params, order.market);
    if (priceTicks === order.priceTicks && lots === order.lots) {
      throw new WireError(400, -5027, 'No need to modify the order.');
    }
    this.advance();
    const refused = this.exchange.replace(order, priceTicks, lots);
    if (refused !== null) throw refusalError(refused, this.isSpot);
    return futuresOrder(order);
  }

  status(account: Account, params: WireParams): WireObject {
    const order = this.find(account, params, 'origClientOrderId');
    if (order === undefined) throw noSuchOrder();
    return this.render(order);
  }

  openOrders(account: Account, params: WireParams): WireObject[] {
    return this.openIn(account, params).map((order) => this.render(order));
  }

  allOrders(account: Account, params: WireParams): WireObject[] {
    const from = Number(params.get('orderId') ?? 0);
    const orders = this.exchange.orders.list(account, this.market(params)).filter((order) => order.id >= from);
    return orders.slice(-rowsOf(params)).map((order) => this.render(order));
  }

  cancelAll(account: Account, params: WireParams): WireObject | WireObject[] {
    const orders = this.openIn(account, params);
    this.market(params);
    if (this.isSpot && orders.length === 0) throw cancelRefused();
    this.advance();
    const canceled = orders.map((order) => {
      const name = `cancel-${++this.cancelNumber}`;
      this.streams.cancelName = name;
      this.exchange.cancel(order);
      this.streams.cancelName = '';
      return spotCanceled(order, name);
    });
    return this.isSpot ? canceled : { code: 200, msg: 'The operation of cancel all open order is done.' };
  }

  trades(account: Account, params: WireParams): WireObject[] {
    const market = this.market(params);
    const number = (name: string): number | null => (params.has(name) ? Number(params.get(name)) : null);
    const [orderId, fromId, startTime, endTime] = ['orderId', 'fromId', 'startTime', 'endTime'].map(number);
    const rows = this.exchange.orders
      .list(account, market)
      .filter((order) => orderId === null || order.id === orderId)
      .flatMap((order) => order.fills.map((fill) => ({ order, fill })))
      .filter(({ fill }) => fromId === null || fill.trade.tradeId >= fromId)
      .filter(({ fill }) => startTime === null || msOf(fill.timeUs) >= startTime)
      .filter(({ fill }) => endTime === null || msOf(fill.timeUs) <= endTime)
      .sort((a, b) => a.fill.trade.tradeId - b.fill.trade.tradeId);
    const rowCount = rowsOf(params);
    const chosen = fromId === null && startTime === null ? rows.slice(-rowCount) : rows.slice(0, rowCount);
    return chosen.map(({ order, fill }) => tradeRow(order, fill, this.isSpot));
  }

  account(account: Account): WireObject {
    return this.isSpot ? spotAccount(account, this.nowMs) : futuresAccount(account, this.nowMs);
  }

  balance(account: Account): WireObject[] {
    return futuresBalance(account, this.nowMs);
  }

  positions(account: Account, params: WireParams): WireObject[] {
    const symbol = params.get('symbol') ?? '';
    return positionRisk(account, this.nowMs).filter((row) => symbol === '' || row.symbol === symbol);
  }

  /** USD-M: one bracket, as this exchange knows no other. */
  leverageBrackets(): WireObject[] {
    return this.exchange.markets.map(({ symbol, listing }) => ({
      symbol,
      brackets: [
        {
          bracket: 1,
          initialLeverage: listing.leverage,
          notionalCap: 1_000_000_000,
          notionalFloor: 0,
          maintMarginRatio: 0,
          cum: 0,
        },
      ],
    }));
  }

  orderCounts(account: Account): WireObject[] {
    return this.countsOf(account).rows(this.nowMs);
  }

  /** USD-M: everything of the symbol is cancelled when this does not come again in time; 0 ends it. */
  countdown(account: Account, params: WireParams): WireObject {
    const market = this.market(params);
    const text = params.get('countdownTime') ?? '';
    if (!/^\d+$/.test(text)) throw missing('countdownTime');
    const key = `${account.id} ${market.index}`;
    if (Number(text) === 0) this.countdowns.delete(key);
    else this.countdowns.set(key, { account, market, atMs: this.nowMs + Number(text) });
    return { symbol: market.symbol, countdownTime: text };
  }

  /** Cancels what dead-man timers are over for. */
  pulse(): void {
    if (this.countdowns.size === 0) return;
    for (const [key, { account, market, atMs }] of this.countdowns) {
      if (atMs > this.nowMs) continue;
      this.countdowns.delete(key);
      this.advance();
      for (const order of [...account.open]) if (order.market === market) this.exchange.cancel(order);
    }
  }

  private enter(account: Account, params: WireParams): WireObject {
    const request = orderRequest(params, this.market(params), this.isSpot);
    this.advance();
    const result = this.exchange.submit(account, request);
    if ('refused' in result) throw refusalError(result.refused, this.isSpot);
    if (!this.isSpot) return futuresOrder(result.order);
    const isPlain = request.triggerTicks === 0;
    return spotPlaced(result.order, (params.get('newOrderRespType') ?? (isPlain ? 'FULL' : 'ACK')) === 'FULL');
  }

  private advance(): void {
    this.exchange.advance(this.nowUs());
  }

  private render(order: ExchangeOrder): WireObject {
    return this.isSpot ? spotOrder(order) : futuresOrder(order);
  }

  private market(params: WireParams): Market {
    const symbol = params.get('symbol') ?? '';
    if (symbol === '') throw missing('symbol');
    const market = this.exchange.marketOf(symbol);
    if (market === undefined) throw new WireError(400, -1121, 'Invalid symbol.');
    return market;
  }

  private openIn(account: Account, params: WireParams): ExchangeOrder[] {
    const market = (params.get('symbol') ?? '') === '' ? null : this.market(params);
    return [...account.open].filter((order) => market === null || order.market === market);
  }

  private find(account: Account, params: WireParams, byName: string): ExchangeOrder | undefined {
    const market = this.market(params);
    const id = params.get('orderId') ?? '';
    const name = params.get(byName) ?? '';
    if (id === '' && name === '') {
      throw new WireError(400, -1102, `Param '${byName}' or 'orderId' must be sent, but both were empty/null!`);
    }
    if (id !== '') return this.exchange.orders.byNumber(account, market, Number(id));
    return this.exchange.orders.byClient(account, market, name);
  }
}

function rowsOf(params: WireParams): number {
  const limit = Number(params.get('limit') ?? DEFAULT_ROWS);
  return limit > 0 ? Math.min(limit, MAX_ROWS) : DEFAULT_ROWS;
}

function attempt(action: () => WireObject): { answer: WireObject; error: WireError | null } {
  try {
    return { answer: action(), error: null };
  } catch (error) {
    if (!(error instanceof WireError)) throw error;
    return { answer: { code: error.code, msg: error.message }, error };
  }
}

/** Orders of accounts as the exchange knows them, and what it says about them. */
import { type OrderSide, OrdStatus, OrdType } from '../core/order.ts';
import type { Account } from './accounts.ts';
import type { BookTrade, Market } from './market.ts';

/** What happens where an order would trade with one of the same account. */
export type OwnTradePrevention =
  /** What is left of the new order ends. */
  | 'cancel-newest'
  /** The resting ones in its way are cancelled. */
  | 'cancel-oldest'
  | 'cancel-both'
  /** They trade. */
  | 'none';

/** Prices in ticks, quantities in lots, times in µs since the Unix epoch; 0: does not have one. */
export interface OrderRequest {
  readonly market: Market;
  readonly side: OrderSide;
  readonly type: OrdType;
  readonly timeInForce: number;
  readonly postOnly?: boolean;
  /** Of a perpetual: refused where it could open or enlarge the position. Looked at when it comes. */
  readonly reduceOnly?: boolean;
  readonly priceTicks: number;
  readonly lots: number;
  readonly displayLots?: number;
  readonly triggerTicks?: number;
  /** '': the exchange gives one. */
  readonly clientOrderId: string;
  /** Of a GTD order. */
  readonly expireUs?: number;
  readonly ownTrades?: OwnTradePrevention;
}

export type Refusal =
  | 'not-listed'
  | 'bad-request'
  | 'price-step'
  | 'price-range'
  | 'qty-step'
  | 'qty-range'
  | 'notional'
  | 'display'
  | 'duplicate-client-id'
  | 'insufficient-balance'
  | 'reduce-only'
  | 'would-take'
  | 'would-trigger'
  | 'no-liquidity'
  | 'expired'
  | 'unknown-order';

export type Submitted = { readonly order: ExchangeOrder } | { readonly refused: Refusal };

/** Why an order ended without being filled. */
export type EndReason =
  | ''
  | 'user'
  | 'immediate'
  | 'not-filled-whole'
  | 'no-liquidity'
  | 'own-trade'
  | 'expired'
  | 'balance';

export class ExchangeOrder {
  /** Of the market: unique in it, never used again, the same for the order's whole life. */
  readonly id: number;
  readonly account: Account;
  readonly market: Market;
  readonly clientOrderId: string;
  readonly request: OrderRequest;
  readonly side: OrderSide;
  priceTicks: number;
  /** The whole quantity, executed part included. */
  lots: number;
  cumLots: number = 0;
  /** Price x lots executed so far, in tick-lots. */
  cumTickLots = 0n;
  status: OrdStatus = OrdStatus.New;
  /** Of a stop: whether it acted. */
  isTriggered: boolean;
  ended: EndReason = '';
  /** Its number in the book while it rests there; 0: it does not. */
  bookId = 0;
  /** Held for it, ledger units of `lockedAsset`. */
  locked = 0n;
  readonly lockedAsset: string;
  /** In the order they happened. */
  readonly fills: Fill[] = [];
  readonly createdUs: number;
  updatedUs: number;

  constructor(id: number, account: Account, request: OrderRequest, lockedAsset: string, nowUs: number) {
    this.id = id;
    this.account = account;
    this.request = request;
    this.market = request.market;
    this.clientOrderId = request.clientOrderId === '' ? `x-${id}` : request.clientOrderId;
    this.side = request.side;
    this.priceTicks = request.priceTicks;
    this.lots = request.lots;
    this.isTriggered = !isStop(request.type);
    this.lockedAsset = lockedAsset;
    this.createdUs = nowUs;
    this.updatedUs = nowUs;
  }

  get leavesLots(): number {
    return this.lots - this.cumLots;
  }

  get isOpen(): boolean {
    return this.status === OrdStatus.New || this.status === OrdStatus.PartiallyFilled;
  }
}

export function isStop(type: OrdType): boolean {
  return type === OrdType.Stop || type === OrdType.StopLimit;
}

/** What happened to an order; its state is in the order, as of behind the event. */
export type OrderEvent =
  | { readonly is: 'new' | 'triggered' | 'canceled' | 'expired' }
  | { readonly is: 'replaced'; readonly lotsBefore: number; readonly priceTicksBefore: number }
  | { readonly is: 'trade'; readonly fill: Fill };

export interface Fill {
  readonly trade: BookTrade;
  readonly isMaker: boolean;
  readonly priceTicks: number;
  readonly lots: number;
  /** Ledger units of quote. */
  readonly notional: bigint;
  /** Ledger units. */
  readonly commission: bigint;
  readonly commissionAsset: string;
  /** Of a perpetual: profit that this closed. */
  readonly realised: bigint;
  readonly timeUs: number;
}

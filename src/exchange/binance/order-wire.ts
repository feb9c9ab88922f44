/** Orders, trades, balances and positions as Binance writes them, in answers and in events of user-data streams. */
import type { Account } from '../accounts.ts';
import type { Market } from '../market.ts';
import type { ExchangeOrder, Fill, OrderEvent } from '../orders.ts';
import { averageTicks, executedNotional } from '../settlement.ts';
import { amountText, msOf, priceText, qtyText, sideText, statusText, timeText, typeText } from './order-words.ts';

export type WireObject = Record<string, unknown>;

/** Of spot: an order's answer. `withFills`: FULL. */
export function spotPlaced(order: ExchangeOrder, withFills: boolean): WireObject {
  const { market } = order;
  const placed: WireObject = {
    symbol: market.symbol,
    orderId: order.id,
    orderListId: -1,
    clientOrderId: order.clientOrderId,
    transactTime: msOf(order.createdUs),
    price: priceText(market, order.priceTicks),
    origQty: qtyText(market, order.lots),
    executedQty: qtyText(market, order.cumLots),
    origQuoteOrderQty: '0.00000000',
    cummulativeQuoteQty: amountText(executedNotional(order)),
    status: statusText(order),
    timeInForce: timeText(order, true),
    type: typeText(order, true),
    side: sideText(order),
    workingTime: msOf(order.createdUs),
    selfTradePreventionMode: 'EXPIRE_MAKER',
  };
  if (withFills) {
    placed.fills = order.fills.map((fill) => ({
      price: priceText(market, fill.priceTicks),
      qty: qtyText(market, fill.lots),
      commission: amountText(fill.commission),
      commissionAsset: fill.commissionAsset,
      tradeId: fill.trade.tradeId,
    }));
  }
  return placed;
}

export function spotOrder(order: ExchangeOrder): WireObject {
  const { market } = order;
  return {
    ...spotPlaced(order, false),
    stopPrice: priceText(market, order.request.triggerTicks ?? 0),
    icebergQty: qtyText(market, order.request.displayLots ?? 0),
    time: msOf(order.createdUs),
    updateTime: msOf(order.updatedUs),
    isWorking: order.bookId !== 0,
  };
}

export function spotCanceled(order: ExchangeOrder, cancelName: string): WireObject {
  return {
    ...spotPlaced(order, false),
    origClientOrderId: order.clientOrderId,
    clientOrderId: cancelName,
    transactTime: msOf(order.updatedUs),
  };
}

export function futuresOrder(order: ExchangeOrder): WireObject {
  const { market } = order;
  return {
    orderId: order.id,
    symbol: market.symbol,
    status: statusText(order),
    clientOrderId: order.clientOrderId,
    price: priceText(market, order.priceTicks),
    avgPrice: priceText(market, averageTicks(order)),
    origQty: qtyText(market, order.lots),
    executedQty: qtyText(market, order.cumLots),
    cumQty: qtyText(market, order.cumLots),
    cumQuote: amountText(executedNotional(order)),
    timeInForce: timeText(order, false),
    type: typeText(order, false),
    reduceOnly: order.request.reduceOnly === true,
    closePosition: false,
    side: sideText(order),
    positionSide: 'BOTH',
    stopPrice: '0',
    workingType: 'CONTRACT_PRICE',
    priceProtect: false,
    origType: typeText(order, false),
    priceMatch: 'NONE',
    selfTradePreventionMode: 'EXPIRE_MAKER',
    goodTillDate: 0,
    time: msOf(order.createdUs),
    updateTime: msOf(order.updatedUs),
  };
}

export function tradeRow(order: ExchangeOrder, fill: Fill, isSpot: boolean): WireObject {
  const { market } = order;
  const row: WireObject = {
    symbol: market.symbol,
    id: fill.trade.tradeId,
    orderId: order.id,
    price: priceText(market, fill.priceTicks),
    qty: qtyText(market, fill.lots),
    quoteQty: amountText(fill.notional),
    commission: amountText(fill.commission),
    commissionAsset: fill.commissionAsset,
    time: msOf(fill.timeUs),
  };
  const isBuyer = sideText(order) === 'BUY';
  if (isSpot) return { ...row, orderListId: -1, isBuyer, isMaker: fill.isMaker, isBestMatch: true };
  const side = sideText(order);
  return {
    ...row,
    side,
    positionSide: 'BOTH',
    buyer: isBuyer,
    maker: fill.isMaker,
    realizedPnl: amountText(fill.realised),
  };
}

const EXEC_TYPES: Readonly<Record<OrderEvent['is'], string>> = {
  new: 'NEW',
  triggered: 'NEW',
  trade: 'TRADE',
  canceled: 'CANCELED',
  expired: 'EXPIRED',
  replaced: 'REPLACED',
};

/** Spot's executionReport. `cancelName`: of the request that cancelled it, '' otherwise. */
export function executionReport(
  order: ExchangeOrder,
  event: OrderEvent,
  cancelName: string,
  nowMs: number,
): WireObject {
  const { market } = order;
  const fill = event.is === 'trade' ? event.fill : null;
  const isCancel = event.is === 'canceled' && cancelName !== '';
  const isOwnTrade = event.is === 'expired' && order.ended === 'own-trade';
  return {
    e: 'executionReport',
    E: nowMs,
    s: market.symbol,
    c: isCancel ? cancelName : order.clientOrderId,
    S: sideText(order),
    o: typeText(order, true),
    f: timeText(order, true),
    q: qtyText(market, order.lots),
    p: priceText(market, order.priceTicks),
    P: priceText(market, order.request.triggerTicks ?? 0),
    F: qtyText(market, order.request.displayLots ?? 0),
    g: -1,
    C: isCancel ? order.clientOrderId : '',
    x: isOwnTrade ? 'TRADE_PREVENTION' : EXEC_TYPES[event.is],
    X: statusText(order),
    r: 'NONE',
    i: order.id,
    l: qtyText(market, fill?.lots ?? 0),
    z: qtyText(market, order.cumLots),
    L: priceText(market, fill?.priceTicks ?? 0),
    n: fill === null ? '0' : amountText(fill.commission),
    N: fill?.commissionAsset ?? null,
    T: msOf(order.updatedUs),
    t: fill?.trade.tradeId ?? -1,
    w: order.bookId !== 0,
    m: fill?.isMaker ?? false,
    O: msOf(order.createdUs),
    Z: amountText(executedNotional(order)),
    Y: amountText(fill?.notional ?? 0n),
    Q: '0.00000000',
    W: msOf(order.createdUs),
    V: 'EXPIRE_MAKER',
  };
}

/** The futures' ORDER_TRADE_UPDATE. */
export function orderTradeUpdate(order: ExchangeOrder, event: OrderEvent, nowMs: number): WireObject {
  const { market } = order;
  const fill = event.is === 'trade' ? event.fill : null;
  return {
    e: 'ORDER_TRADE_UPDATE',
    E: nowMs,
    T: msOf(order.updatedUs),
    o: {
      s: market.symbol,
      c: order.clientOrderId,
      S: sideText(order),
      o: typeText(order, false),
      f: timeText(order, false),
      q: qtyText(market, order.lots),
      p: priceText(market, order.priceTicks),
      ap: priceText(market, averageTicks(order)),
      sp: '0',
      x: event.is === 'replaced' ? 'AMENDMENT' : EXEC_TYPES[event.is],
      X: statusText(order),
      i: order.id,
      l: qtyText(market, fill?.lots ?? 0),
      z: qtyText(market, order.cumLots),
      L: priceText(market, fill?.priceTicks ?? 0),
      ...(fill === null ? {} : { n: amountText(fill.commission), N: fill.commissionAsset }),
      T: msOf(order.updatedUs),
      t: fill?.trade.tradeId ?? 0,
      m: fill?.isMaker ?? false,
      R: order.request.reduceOnly === true,
      wt: 'CONTRACT_PRICE',
      ot: typeText(order, false),
      ps: 'BOTH',
      cp: false,
      rp: amountText(fill?.realised ?? 0n),
      V: 'EXPIRE_MAKER',
      pm: 'NONE',
      er: order.ended === 'own-trade' ? '1' : order.ended === 'immediate' ? '2' : '0',
    },
  };
}

/** Spot's outboundAccountPosition. */
export function accountPosition(account: Account, nowMs: number): WireObject {
  return {
    e: 'outboundAccountPosition',
    E: nowMs,
    u: nowMs,
    B: [...account.balances].map(([a, { free, locked }]) => ({ a, f: amountText(free), l: amountText(locked) })),
  };
}

/** The futures' ACCOUNT_UPDATE. */
export function accountUpdate(account: Account, nowMs: number): WireObject {
  return {
    e: 'ACCOUNT_UPDATE',
    E: nowMs,
    T: nowMs,
    a: {
      m: 'ORDER',
      B: [...account.balances].map(([a, { free, locked }]) => {
        const wallet = amountText(free + locked);
        return { a, wb: wallet, cw: wallet, bc: '0' };
      }),
      P: [...account.positions].map(([market, { lots }]) => ({
        s: market.symbol,
        pa: qtyText(market, lots),
        ep: entryText(account, market),
        cr: '0',
        up: '0',
        mt: 'cross',
        iw: '0',
        ps: 'BOTH',
      })),
    },
  };
}

export function spotAccount(account: Account, nowMs: number): WireObject {
  return {
    makerCommission: 10,
    takerCommission: 10,
    buyerCommission: 0,
    sellerCommission: 0,
    canTrade: true,
    canWithdraw: false,
    canDeposit: false,
    updateTime: nowMs,
    accountType: 'SPOT',
    balances: [...account.balances].map(([asset, { free, locked }]) => {
      return { asset, free: amountText(free), locked: amountText(locked) };
    }),
    permissions: ['SPOT'],
    uid: account.id,
  };
}

export function futuresBalance(account: Account, nowMs: number): WireObject[] {
  return [...account.balances].map(([asset, { free, locked }]) => ({
    accountAlias: account.name,
    asset,
    balance: amountText(free + locked),
    crossWalletBalance: amountText(free + locked),
    crossUnPnl: '0.00000000',
    availableBalance: amountText(free),
    maxWithdrawAmount: amountText(free),
    marginAvailable: true,
    updateTime: nowMs,
  }));
}

export function futuresAccount(account: Account, nowMs: number): WireObject {
  return {
    canTrade: true,
    canDeposit: false,
    canWithdraw: false,
    updateTime: nowMs,
    assets: [...account.balances].map(([asset, { free, locked }]) => ({
      asset,
      walletBalance: amountText(free + locked),
      unrealizedProfit: '0.00000000',
      marginBalance: amountText(free + locked),
      maintMargin: '0.00000000',
      initialMargin: amountText(locked),
      positionInitialMargin: '0.00000000',
      openOrderInitialMargin: amountText(locked),
      maxWithdrawAmount: amountText(free),
      crossWalletBalance: amountText(free + locked),
      crossUnPnl: '0.00000000',
      availableBalance: amountText(free),
      updateTime: nowMs,
    })),
    positions: positionRisk(account, nowMs),
  };
}

/** Rows of instruments with a position. */
export function positionRisk(account: Account, nowMs: number): WireObject[] {
  return [...account.positions]
    .filter(([, { lots }]) => lots !== 0)
    .map(([market, { lots, entryNotional }]) => {
      const mark = market.lastPriceTicks;
      return {
        symbol: market.symbol,
        positionSide: 'BOTH',
        positionAmt: qtyText(market, lots),
        entryPrice: entryText(account, market),
        breakEvenPrice: entryText(account, market),
        markPrice: priceText(market, Number.isNaN(mark) ? 0 : mark),
        unRealizedProfit: '0.00000000',
        liquidationPrice: '0',
        notional: amountText(entryNotional),
        marginAsset: market.listing.quote,
        leverage: String(market.listing.leverage),
        marginType: 'cross',
        isolatedMargin: '0',
        isolatedWallet: '0',
        initialMargin: '0',
        maintMargin: '0',
        updateTime: nowMs,
      };
    });
}

/** Notional over quantity, rounded down to the ledger's unit. */
function entryText(account: Account, market: Market): string {
  const { lots, entryNotional } = account.position(market);
  if (lots === 0) return '0.0';
  const qty = BigInt(Math.abs(lots));
  const perLot = (entryNotional < 0n ? -entryNotional : entryNotional) * 10n ** BigInt(market.listing.qtyDecimals);
  return amountText(perLot / qty);
}

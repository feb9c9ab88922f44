/** Orders by their numbers and client ids: all that are open, and the last so many that are over. */
import type { Account } from './accounts.ts';
import type { Market } from './market.ts';
import type { ExchangeOrder } from './orders.ts';

/** Orders that are over are kept, all accounts together. */
const KEPT_ORDERS = 100_000;

export class OrderStore {
  private readonly byId: Map<number, ExchangeOrder>[] = [];
  /** The newest closed order by account, market and client id. */
  private readonly closedByClient = new Map<string, ExchangeOrder>();
  private readonly closed: ExchangeOrder[] = [];
  private oldest = 0;

  add(order: ExchangeOrder): void {
    this.of(order.market).set(order.id, order);
  }

  close(order: ExchangeOrder): void {
    this.closedByClient.set(clientKey(order.account, order.market, order.clientOrderId), order);
    if (this.closed.length < KEPT_ORDERS) {
      this.closed.push(order);
      return;
    }
    const gone = this.closed[this.oldest];
    this.of(gone.market).delete(gone.id);
    const key = clientKey(gone.account, gone.market, gone.clientOrderId);
    if (this.closedByClient.get(key) === gone) this.closedByClient.delete(key);
    this.closed[this.oldest] = order;
    this.oldest = (this.oldest + 1) % KEPT_ORDERS;
  }

  /** Of the account only: nobody is told of the orders of others. */
  byNumber(account: Account, market: Market, id: number): ExchangeOrder | undefined {
    const order = this.of(market).get(id);
    return order?.account === account ? order : undefined;
  }

  /** The open order with the client id; else the one that closed last. */
  byClient(account: Account, market: Market, clientOrderId: string): ExchangeOrder | undefined {
    const open = account.openByClient(market, clientOrderId);
    return open ?? this.closedByClient.get(clientKey(account, market, clientOrderId));
  }

  /** Orders of the account in the market, in the order of their arrival. */
  list(account: Account, market: Market): ExchangeOrder[] {
    return [...this.of(market).values()].filter((order) => order.account === account);
  }

  private of(market: Market): Map<number, ExchangeOrder> {
    return (this.byId[market.index] ??= new Map());
  }
}

function clientKey(account: Account, market: Market, clientOrderId: string): string {
  return `${account.id} ${market.index} ${clientOrderId}`;
}

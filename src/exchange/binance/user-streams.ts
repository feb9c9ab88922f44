/**
 * User-data streams: who listens to which account, by a subscription of the websocket API or by a listen key, and what they
 * are told, as it happens. Listen keys live for 60 minutes from their last keep-alive.
 */
import { randomBytes } from 'node:crypto';
import type { Account } from '../accounts.ts';
import type { ExchangeListener } from '../exchange.ts';
import type { ExchangeOrder, OrderEvent } from '../orders.ts';
import { WireError } from './order-errors.ts';
import { accountPosition, accountUpdate, executionReport, orderTradeUpdate, type WireObject } from './order-wire.ts';

const LISTEN_KEY_MS = 60 * 60_000;

export type EventSink = (event: WireObject) => void;

interface ListenKey {
  readonly account: Account;
  untilMs: number;
}

export class UserStreams implements ExchangeListener {
  /** Name of the cancel request that is being worked on; '' for none. */
  cancelName = '';
  private readonly isSpot: boolean;
  private readonly nowMs: () => number;
  private readonly sinks = new Map<Account, Set<EventSink>>();
  private readonly listenKeys = new Map<string, ListenKey>();

  constructor(isSpot: boolean, nowMs: () => number) {
    this.isSpot = isSpot;
    this.nowMs = nowMs;
  }

  /** Returns what ends it. */
  add(account: Account, sink: EventSink): () => void {
    let sinks = this.sinks.get(account);
    if (sinks === undefined) {
      sinks = new Set();
      this.sinks.set(account, sinks);
    }
    sinks.add(sink);
    return () => sinks.delete(sink);
  }

  /** The account's key, a new one where it has none; it lives for another 60 minutes. */
  openKey(account: Account): string {
    for (const [key, listen] of this.listenKeys) {
      if (listen.account !== account || listen.untilMs < this.nowMs()) continue;
      listen.untilMs = this.nowMs() + LISTEN_KEY_MS;
      return key;
    }
    const key = randomBytes(32).toString('hex');
    this.listenKeys.set(key, { account, untilMs: this.nowMs() + LISTEN_KEY_MS });
    return key;
  }

  /** The account of a listen key. Throws WireError -1125. */
  accountOf(key: string): Account {
    const listen = this.listenKeys.get(key);
    if (listen === undefined || listen.untilMs < this.nowMs()) {
      throw new WireError(400, -1125, 'This listenKey does not exist.');
    }
    return listen.account;
  }

  keepKey(key: string): void {
    this.accountOf(key);
    const listen = this.listenKeys.get(key);
    if (listen !== undefined) listen.untilMs = this.nowMs() + LISTEN_KEY_MS;
  }

  closeKey(key: string): void {
    this.accountOf(key);
    this.listenKeys.delete(key);
  }

  ordered(order: ExchangeOrder, event: OrderEvent): void {
    const sinks = this.sinks.get(order.account);
    if (sinks === undefined || sinks.size === 0) return;
    const nowMs = this.nowMs();
    const told = this.isSpot
      ? executionReport(order, event, this.cancelName, nowMs)
      : orderTradeUpdate(order, event, nowMs);
    for (const sink of sinks) sink(told);
  }

  settled(account: Account): void {
    const sinks = this.sinks.get(account);
    if (sinks === undefined || sinks.size === 0) return;
    const nowMs = this.nowMs();
    const told = this.isSpot ? accountPosition(account, nowMs) : accountUpdate(account, nowMs);
    for (const sink of sinks) sink(told);
  }
}

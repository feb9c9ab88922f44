/**
 * One connection to Binance's websocket API, from the venue's side: requests by method, sessions (Ed25519 keys only), the
 * user-data subscription. Every answer carries the request's id, and the limits that it counted to.
 */
import type { Account } from '../accounts.ts';
import type { Connection, Line, ProtocolServices } from '../protocol.ts';
import { accountOfKey, accountOfSigned, checkTime, socketPayload, type WireParams } from './order-auth.ts';
import type { OrderDesk } from './order-desk.ts';
import { missing, tooMany, WireError } from './order-errors.ts';
import type { UserStreams } from './user-streams.ts';

type Method = (desk: OrderDesk, account: Account, params: WireParams) => unknown;

const SIGNED: Readonly<Record<string, Method>> = {
  'order.place': (desk, account, params) => desk.place(account, params),
  'order.test': (desk, account, params) => desk.test(account, params),
  'order.cancel': (desk, account, params) => desk.cancel(account, params),
  'order.status': (desk, account, params) => desk.status(account, params),
};
const SPOT: Readonly<Record<string, Method>> = {
  ...SIGNED,
  'order.cancelReplace': (desk, account, params) => desk.cancelReplace(account, params),
  'openOrders.status': (desk, account, params) => desk.openOrders(account, params),
  'openOrders.cancelAll': (desk, account, params) => desk.cancelAll(account, params),
  allOrders: (desk, account, params) => desk.allOrders(account, params),
  'account.status': (desk, account) => desk.account(account),
  'account.rateLimits.orders': (desk, account) => desk.orderCounts(account),
  myTrades: (desk, account, params) => desk.trades(account, params),
};
const FUTURES: Readonly<Record<string, Method>> = {
  ...SIGNED,
  'order.modify': (desk, account, params) => desk.modify(account, params),
  'account.balance': (desk, account) => desk.balance(account),
  'v2/account.balance': (desk, account) => desk.balance(account),
  'account.status': (desk, account) => desk.account(account),
  'v2/account.status': (desk, account) => desk.account(account),
  'account.position': (desk, account, params) => desk.positions(account, params),
  'v2/account.position': (desk, account, params) => desk.positions(account, params),
};
const CHANGES: ReadonlySet<string> = new Set(['order.place', 'order.cancel', 'order.cancelReplace', 'order.modify']);

export class ApiConnection implements Connection {
  private readonly services: ProtocolServices;
  private readonly desk: OrderDesk;
  private readonly streams: UserStreams;
  private readonly info: (params: WireParams) => unknown;
  private readonly methods: Readonly<Record<string, Method>>;
  private line: Line | null = null;
  /** Logged on. */
  private session: { readonly account: Account; readonly apiKey: string } | null = null;
  private subscription: (() => void) | null = null;

  constructor(
    services: ProtocolServices,
    desk: OrderDesk,
    streams: UserStreams,
    info: (params: WireParams) => unknown,
  ) {
    this.services = services;
    this.desk = desk;
    this.streams = streams;
    this.info = info;
    this.methods = desk.isSpot ? SPOT : FUTURES;
  }

  open(line: Line): void {
    this.line = line;
  }

  closed(): void {
    this.subscription?.();
    this.subscription = null;
  }

  message(frame: Buffer): void {
    let request: { id?: unknown; method?: unknown; params?: unknown };
    try {
      request = JSON.parse(frame.toString('utf8'));
      if (typeof request !== 'object' || request === null) throw new SyntaxError('no object');
    } catch {
      this.sendError(null, null, new WireError(400, -1135, 'Invalid JSON Request'));
      return;
    }
    const id = request.id ?? null;
    const method = String(request.method ?? '').replace(/^v3\//, '');
    const params = new Map<string, string>();
    for (const [name, value] of Object.entries(request.params ?? {})) params.set(name, String(value));
    const refused = this.services.faults.refusal?.() ?? null;
    if (refused !== null) {
      this.sendError(id, null, tooMany(refused, this.desk.nowMs));
      return;
    }
    const fate = CHANGES.has(method) ? this.services.faults.orderFate() : 'fine';
    if (fate === 'lost') return;
    const mute = fate === 'lost-ack';
    try {
      if (fate === 'reject') throw new WireError(400, -2010, 'This action is disabled on this account.');
      const { result, account } = this.work(method, params);
      if (mute) return;
      const rateLimits = account === null ? [] : this.desk.countsOf(account).rows(this.desk.nowMs);
      this.send({ id, status: 200, result, rateLimits }, CHANGES.has(method));
    } catch (error) {
      if (!(error instanceof WireError)) throw error;
      if (!mute) this.sendError(id, this.session?.account ?? null, error);
    }
  }

  private work(method: string, params: WireParams): { result: unknown; account: Account | null } {
    const operation = this.methods[method];
    if (operation !== undefined) {
      const account = this.authorized(params);
      return { result: operation(this.desk, account, params), account };
    }
    return { result: this.control(method, params), account: null };
  }

  /** Methods of the connection itself, and public ones. */
  private control(method: string, params: WireParams): unknown {
    switch (method) {
      case 'ping':
        return {};
      case 'time':
        return { serverTime: this.desk.nowMs };
      case 'exchangeInfo':
        return this.info(params);
      case 'session.logon':
        return this.logOn(params);
      case 'session.status':
        return this.standing();
      case 'session.logout':
        this.session = null;
        return this.standing();
      case 'userDataStream.start':
        return {
          listenKey: this.streams.openKey(accountOfKey(this.services.exchange.accounts, params.get('apiKey') ?? '')),
        };
      case 'userDataStream.ping':
        this.streams.keepKey(params.get('listenKey') ?? '');
        return {};
      case 'userDataStream.stop':
        this.streams.closeKey(params.get('listenKey') ?? '');
        return {};
      default:
        return this.subscriptions(method, params);
    }
  }

  private subscriptions(method: string, params: WireParams): unknown {
    if (this.desk.isSpot && method === 'userDataStream.subscribe') {
      if (this.session === null) throw missing('apiKey');
      return this.subscribe(this.session.account);
    }
    if (this.desk.isSpot && method === 'userDataStream.subscribe.signature') {
      return this.subscribe(this.authorized(params));
    }
    if (this.desk.isSpot && method === 'userDataStream.unsubscribe') {
      this.closed();
      return {};
    }
    throw new WireError(400, -1100, `Method '${method}' is invalid.`);
  }

  private logOn(params: WireParams): unknown {
    const account = this.signed(params);
    const apiKey = params.get('apiKey') ?? '';
    if (this.services.exchange.accounts.keyOf(apiKey)?.kind !== 'ed25519') {
      throw new WireError(400, -4056, 'HMAC_SHA256 API key is not supported.');
    }
    this.session = { account, apiKey };
    return this.standing();
  }

  private standing(): unknown {
    return {
      apiKey: this.session?.apiKey ?? null,
      authorizedSince: this.session === null ? null : this.desk.nowMs,
      connectedSince: this.desk.nowMs,
      returnRateLimits: true,
      serverTime: this.desk.nowMs,
      userDataStream: this.subscription !== null,
    };
  }

  private subscribe(account: Account): unknown {
    this.subscription?.();
    const remove = this.streams.add(account, (event) => {
      this.line?.send(JSON.stringify({ subscriptionId: 0, event }), 'order');
    });
    this.subscription = () => void remove();
    return { subscriptionId: 0 };
  }

  /** By the request's own signature, or by the session. */
  private authorized(params: WireParams): Account {
    if (params.has('signature') || this.session === null) return this.signed(params);
    checkTime(params, this.desk.nowMs);
    return this.session.account;
  }

  private signed(params: WireParams): Account {
    const { accounts } = this.services.exchange;
    return accountOfSigned(accounts, params.get('apiKey') ?? '', socketPayload(params), params, this.desk.nowMs);
  }

  private sendError(id: unknown, account: Account | null, error: WireError): void {
    const rateLimits = account === null ? [] : this.desk.countsOf(account).rows(this.desk.nowMs);
    const data = error.data === undefined ? {} : { data: error.data };
    this.send({ id, status: error.status, error: { code: error.code, msg: error.message, ...data }, rateLimits }, true);
  }

  private send(answer: unknown, isOrder: boolean): void {
    this.line?.send(JSON.stringify(answer), isOrder ? 'order' : 'control');
  }
}

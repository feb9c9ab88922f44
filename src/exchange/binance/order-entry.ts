/**
 * Transports of Binance's order entry: REST, the websocket API with its sessions, streams of listen keys. Orders, cancels and
 * their answers are lost or refused where that fault was asked for, on either way.
 */
import type { NetReply, NetRequest } from '../../net/server.ts';
import type { Account } from '../accounts.ts';
import {
  type Connection,
  jsonReply,
  type Line,
  NEVER,
  type ProtocolReply,
  type ProtocolServices,
} from '../protocol.ts';
import { accountOfKey, accountOfSigned, type WireParams } from './order-auth.ts';
import { OrderDesk } from './order-desk.ts';
import { missing, WireError } from './order-errors.ts';
import type { OrderLimit } from './order-limits.ts';
import { ApiConnection } from './order-session.ts';
import { UserStreams } from './user-streams.ts';
import type { BinanceOrders, MakeOrders } from './venue.ts';

export type Operation = (desk: OrderDesk, account: Account, params: WireParams) => unknown;

/** Those that change something: faults can befall them. */
const CHANGES: ReadonlySet<string> = new Set(['POST', 'PUT', 'DELETE']);

type Routes = Readonly<Record<string, Operation>>;

const SPOT_ROUTES: Routes = {
  'POST /api/v3/order': (desk, account, params) => desk.place(account, params),
  'POST /api/v3/order/test': (desk, account, params) => desk.test(account, params),
  'DELETE /api/v3/order': (desk, account, params) => desk.cancel(account, params),
  'POST /api/v3/order/cancelReplace': (desk, account, params) => desk.cancelReplace(account, params),
  'GET /api/v3/order': (desk, account, params) => desk.status(account, params),
  'GET /api/v3/openOrders': (desk, account, params) => desk.openOrders(account, params),
  'DELETE /api/v3/openOrders': (desk, account, params) => desk.cancelAll(account, params),
  'GET /api/v3/allOrders': (desk, account, params) => desk.allOrders(account, params),
  'GET /api/v3/myTrades': (desk, account, params) => desk.trades(account, params),
  'GET /api/v3/account': (desk, account) => desk.account(account),
  'GET /api/v3/rateLimit/order': (desk, account) => desk.orderCounts(account),
};

const FUTURES_ROUTES: Routes = {
  'POST /fapi/v1/order': (desk, account, params) => desk.place(account, params),
  'POST /fapi/v1/order/test': (desk, account, params) => desk.test(account, params),
  'PUT /fapi/v1/order': (desk, account, params) => desk.modify(account, params),
  'DELETE /fapi/v1/order': (desk, account, params) => desk.cancel(account, params),
  'GET /fapi/v1/order': (desk, account, params) => desk.status(account, params),
  'GET /fapi/v1/openOrder': (desk, account, params) => desk.status(account, params),
  'GET /fapi/v1/openOrders': (desk, account, params) => desk.openOrders(account, params),
  'DELETE /fapi/v1/allOpenOrders': (desk, account, params) => desk.cancelAll(account, params),
  'GET /fapi/v1/allOrders': (desk, account, params) => desk.allOrders(account, params),
  'GET /fapi/v1/userTrades': (desk, account, params) => desk.trades(account, params),
  'GET /fapi/v2/balance': (desk, account) => desk.balance(account),
  'GET /fapi/v3/balance': (desk, account) => desk.balance(account),
  'GET /fapi/v2/account': (desk, account) => desk.account(account),
  'GET /fapi/v3/account': (desk, account) => desk.account(account),
  'GET /fapi/v2/positionRisk': (desk, account, params) => desk.positions(account, params),
  'GET /fapi/v3/positionRisk': (desk, account, params) => desk.positions(account, params),
  'GET /fapi/v1/leverageBracket': (desk) => desk.leverageBrackets(),
  'GET /fapi/v1/rateLimit/order': (desk, account) => desk.orderCounts(account),
  'POST /fapi/v1/countdownCancelAll': (desk, account, params) => desk.countdown(account, params),
};

/** What needs a key and no signature. */
const LISTEN_KEY_PATHS: ReadonlySet<string> = new Set(['/api/v3/userDataStream', '/fapi/v1/listenKey']);

export class BinanceOrderEntry implements BinanceOrders {
  readonly desk: OrderDesk;
  readonly streams: UserStreams;
  private readonly services: ProtocolServices;
  private readonly routes: Routes;
  private readonly info: (params: WireParams) => unknown;

  /** `info`: the venue's exchangeInfo, for the websocket API. */
  constructor(
    services: ProtocolServices,
    isSpot: boolean,
    info: (params: WireParams) => unknown,
    limits?: readonly OrderLimit[],
  ) {
    this.services = services;
    this.info = info;
    this.streams = new UserStreams(isSpot, () => Math.floor(services.nowUs() / 1000));
    this.desk = new OrderDesk(services.exchange, isSpot, this.streams, () => services.nowUs(), limits);
    this.routes = isSpot ? SPOT_ROUTES : FUTURES_ROUTES;
  }

  /** The reply to a request of order entry; null where it is not one. */
  http(request: NetRequest): ProtocolReply | Promise<ProtocolReply> | null {
    const { method, path } = request;
    try {
      if (LISTEN_KEY_PATHS.has(path)) return this.listenKey(request);
      const operation = this.routes[`${method} ${path}`];
      if (operation === undefined) return null;
      return this.signed(request, operation);
    } catch (error) {
      return errorReply(error);
    }
  }

  /** The websocket API: /ws-api/v3, /ws-fapi/v1. */
  connectApi(): Connection {
    return new ApiConnection(this.services, this.desk, this.streams, this.info);
  }

  /** The stream of a listen key; null where there is no such key. `isCombined`: its events come in an envelope. */
  connectStream(listenKey: string, isCombined: boolean): Connection | null {
    let account: Account;
    try {
      account = this.streams.accountOf(listenKey);
    } catch {
      return null;
    }
    let end = (): void => {};
    return {
      open: (line: Line) => {
        const remove = this.streams.add(account, (event) => {
          line.send(JSON.stringify(isCombined ? { stream: listenKey, data: event } : event), 'order');
        });
        end = () => void remove();
      },
      message: () => {},
      closed: () => end(),
    };
  }

  pulse(): void {
    this.desk.pulse();
  }

  private signed(request: NetRequest, operation: Operation): ProtocolReply | Promise<ProtocolReply> {
    const body = request.body.toString('utf8');
    const text = request.query + body; // without a delimiter: the venue's rule for a signature over both
    const payload = text.replace(/&?signature=[^&]*/, '');
    const params = paramsOf(request.query, body);
    const { desk } = this;
    const account = accountOfSigned(
      this.services.exchange.accounts,
      request.header('x-mbx-apikey'),
      payload,
      params,
      desk.nowMs,
    );
    const isOrder = request.path.endsWith('/order') || request.path.endsWith('/cancelReplace');
    const fate = isOrder && CHANGES.has(request.method) ? this.services.faults.orderFate() : 'fine';
    if (fate === 'lost') return NEVER;
    if (fate === 'reject') return errorReply(new WireError(400, -2010, 'This action is disabled on this account.'));
    let reply: ProtocolReply;
    try {
      const answer = operation(desk, account, params);
      reply = { ...jsonReply(answer, 200, desk.countsOf(account).headers(desk.nowMs)), kind: 'order' };
    } catch (error) {
      reply = errorReply(error);
    }
    return fate === 'lost-ack' ? NEVER : reply;
  }

  private listenKey(request: NetRequest): ProtocolReply {
    const account = accountOfKey(this.services.exchange.accounts, request.header('x-mbx-apikey'));
    if (request.method === 'POST') return jsonReply({ listenKey: this.streams.openKey(account) });
    const params = paramsOf(request.query, request.body.toString('utf8'));
    // The futures know the key by the account.
    const key = params.get('listenKey') ?? (this.desk.isSpot ? '' : this.streams.openKey(account));
    if (key === '') throw missing('listenKey');
    if (request.method === 'PUT') this.streams.keepKey(key);
    else if (request.method === 'DELETE') this.streams.closeKey(key);
    else throw new WireError(405, -1000, 'Method not allowed.');
    return jsonReply({});
  }
}

/** For a venue of the usual limits. */
export const makeBinanceOrders: MakeOrders = (services, isSpot, info) => new BinanceOrderEntry(services, isSpot, info);

function paramsOf(query: string, body: string): WireParams {
  const params = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(body)) params.set(name, value);
  for (const [name, value] of new URLSearchParams(query)) params.set(name, value); // the query takes precedence
  return params;
}

function errorReply(error: unknown): ProtocolReply {
  if (!(error instanceof WireError)) throw error;
  const headers: Record<string, string> = {};
  const { retryAfter, serverTime } = error.data ?? {};
  if (typeof retryAfter === 'number' && typeof serverTime === 'number') {
    headers['Retry-After'] = String(Math.max(1, Math.ceil((retryAfter - serverTime) / 1000)));
  }
  const body = { code: error.code, msg: error.message, ...(error.data === undefined ? {} : { data: error.data }) };
  return { ...(jsonReply(body, error.status, headers) satisfies NetReply), kind: 'order' };
}

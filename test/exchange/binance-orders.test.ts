/** Order entry of Binance as the exchange speaks it: who may ask, what is refused and how, what is told. */
import assert from 'node:assert/strict';
import { createHmac, createPrivateKey, sign } from 'node:crypto';
import { once } from 'node:events';
import { test } from 'node:test';
import { WebSocket } from 'ws';
import { OrderSide } from '../../src/core/order.ts';
import type { BinanceMarket } from '../../src/gateway/binance/dialect.ts';
import { ED25519_KEY, HMAC_KEY, TestVenue } from '../support/binance-venue.ts';

type Json = Record<string, unknown>;
type Fields = Record<string, string | number>;

interface Asked {
  readonly status: number;
  readonly body: Json;
  readonly headers: Headers;
}

function hmac(payload: string, secret = HMAC_KEY.secret): string {
  return createHmac('sha256', secret).update(payload).digest('hex');
}

async function raw(
  venue: TestVenue,
  method: string,
  path: string,
  query: string,
  key = HMAC_KEY.apiKey,
  body = '',
): Promise<Asked> {
  const response = await fetch(`http://127.0.0.1:${venue.port}${path}?${query}`, {
    method,
    headers: { 'X-MBX-APIKEY': key, 'Content-Type': 'application/x-www-form-urlencoded' },
    ...(body === '' ? {} : { body }),
  });
  return { status: response.status, body: (await response.json()) as Json, headers: response.headers };
}

function ask(venue: TestVenue, method: string, path: string, fields: Fields = {}): Promise<Asked> {
  const query = new URLSearchParams({ ...texts(fields), timestamp: String(Date.now()) }).toString();
  return raw(venue, method, path, `${query}&signature=${hmac(query)}`);
}

function texts(fields: Fields): Record<string, string> {
  return Object.fromEntries(Object.entries(fields).map(([name, value]) => [name, String(value)]));
}

const BUY = { symbol: 'BTCUSDT', side: 'BUY', type: 'LIMIT', timeInForce: 'GTC', quantity: '0.01', price: '50000' };

/** A client of the websocket API; events are kept beside the answers. */
class Api {
  readonly events: Json[] = [];
  private readonly socket: WebSocket;
  private readonly waiting = new Map<number, (answer: Json) => void>();
  private count = 0;

  private constructor(socket: WebSocket) {
    this.socket = socket;
    socket.on('message', (data: Buffer) => {
      const frame = JSON.parse(data.toString()) as Json;
      const waiting = this.waiting.get(frame.id as number);
      if (waiting === undefined) this.events.push(frame);
      else waiting(frame);
    });
  }

  static async open(url: string): Promise<Api> {
    const socket = new WebSocket(url);
    const api = new Api(socket);
    await once(socket, 'open');
    return api;
  }

  ask(method: string, params: Fields = {}): Promise<Json> {
    const id = ++this.count;
    return new Promise((resolve) => {
      this.waiting.set(id, resolve);
      this.socket.send(JSON.stringify({ id, method, params }));
    });
  }

  signed(method: string, params: Fields = {}, key: 'hmac' | 'ed25519' = 'hmac'): Promise<Json> {
    const apiKey = key === 'hmac' ? HMAC_KEY.apiKey : ED25519_KEY.apiKey;
    const all: Fields = { ...params, apiKey, timestamp: Date.now() };
    const payload = Object.keys(all)
      .sort()
      .map((name) => `${name}=${all[name]}`)
      .join('&');
    const signature =
      key === 'hmac'
        ? hmac(payload)
        : sign(null, Buffer.from(payload), createPrivateKey(ED25519_KEY.secret)).toString('base64');
    return this.ask(method, { ...all, signature });
  }

  text(frame: string): void {
    this.socket.send(frame);
  }

  close(): void {
    this.socket.terminate();
  }
}

async function withVenue(market: BinanceMarket, run: (venue: TestVenue) => Promise<void>): Promise<void> {
  const venue = await TestVenue.start(market);
  try {
    await run(venue);
  } finally {
    await venue.close();
  }
}

function codeOf(answer: Asked): unknown[] {
  return [answer.status, answer.body.code];
}

function errorOf(answer: Json): unknown[] {
  return [answer.status, (answer.error as Json | undefined)?.code];
}

test('keys, signatures and times are checked, in that order', async () => {
  await withVenue('spot', async (venue) => {
    const now = Date.now();
    const get = (query: string, key?: string): Promise<Asked> => raw(venue, 'GET', '/api/v3/account', query, key);
    const signed = (query: string): string => `${query}&signature=${hmac(query)}`;
    assert.deepEqual(codeOf(await get(signed(`timestamp=${now}`), 'unknown-key')), [401, -2015]);
    assert.deepEqual(codeOf(await get(signed(`timestamp=${now}`), '')), [401, -2014]);
    assert.deepEqual(codeOf(await get(`timestamp=${now}`)), [400, -1102]);
    assert.deepEqual(codeOf(await get(signed('a=1'))), [400, -1102]);
    assert.deepEqual(codeOf(await get(`timestamp=${now}&signature=${hmac('timestamp=1')}`)), [400, -1022]);
    assert.deepEqual(codeOf(await get(signed(`timestamp=${now - 6_000}`))), [400, -1021]);
    assert.deepEqual(codeOf(await get(signed(`timestamp=${now + 5_000}`))), [400, -1021]);
    assert.deepEqual(codeOf(await get(signed(`timestamp=${now}&recvWindow=60001`))), [400, -1131]);
    assert.equal((await get(signed(`timestamp=${now - 6_000}&recvWindow=20000`))).status, 200);
    assert.equal((await get(signed(`timestamp=${now}000`))).status, 200, 'microseconds');
    const upper = `timestamp=${now}`;
    assert.equal((await get(`${upper}&signature=${hmac(upper).toUpperCase()}`)).status, 200);
  });
});

test('parameters may come in the body, signed behind those of the query', async () => {
  await withVenue('spot', async (venue) => {
    const query = 'symbol=BTCUSDT&side=BUY&type=LIMIT';
    const body = `timeInForce=GTC&quantity=0.01&price=50000&timestamp=${Date.now()}`;
    const placed = await raw(
      venue,
      'POST',
      '/api/v3/order',
      query,
      HMAC_KEY.apiKey,
      `${body}&signature=${hmac(query + body)}`,
    );
    assert.deepEqual([placed.status, placed.body.status, placed.body.price], [200, 'NEW', '50000.00000000']);
    assert.equal(placed.headers.get('x-mbx-order-count-10s'), '1');
  });
});

test('what is wrong with an order is refused with the code and words of the venue', async () => {
  await withVenue('spot', async (venue) => {
    const cases: [Fields, number][] = [
      [{ symbol: 'NOPE' }, -1121],
      [{ side: 'HOLD' }, -1117],
      [{ type: 'GUESS' }, -1116],
      [{ timeInForce: 'GTX' }, -1115],
      [{ price: '' }, -1102],
      [{ quantity: '' }, -1102],
      [{ quantity: '0.000001' }, -1013],
      [{ price: '50000.001' }, -1013],
      [{ quantity: 'many' }, -1100],
      [{ price: '0.01' }, -1013],
      [{ newClientOrderId: 'no spaces' }, -1100],
      [{ quantity: '100', price: '900000' }, -2010],
    ];
    for (const [change, code] of cases) {
      const answer = await ask(venue, 'POST', '/api/v3/order', { ...BUY, ...change });
      assert.deepEqual(codeOf(answer), [400, code], JSON.stringify(change));
    }
    assert.equal((await ask(venue, 'POST', '/api/v3/order', { ...BUY, newClientOrderId: 'mine' })).status, 200);
    const again = await ask(venue, 'POST', '/api/v3/order', { ...BUY, newClientOrderId: 'mine' });
    assert.deepEqual([again.body.code, again.body.msg], [-2010, 'Duplicate order sent.']);
    assert.deepEqual((await ask(venue, 'POST', '/api/v3/order/test', BUY)).body, {});
    assert.equal(venue.account.open.size, 1, 'a test places nothing');
    assert.deepEqual(
      codeOf(await ask(venue, 'GET', '/api/v3/order', { symbol: 'BTCUSDT', origClientOrderId: 'x' })),
      [400, -2013],
    );
    assert.deepEqual(
      codeOf(await ask(venue, 'DELETE', '/api/v3/order', { symbol: 'BTCUSDT', origClientOrderId: 'x' })),
      [400, -2011],
    );
  });
});

test('cancelReplace does both, one or none, and says which', async () => {
  await withVenue('spot', async (venue) => {
    const path = '/api/v3/order/cancelReplace';
    const both = { ...BUY, cancelReplaceMode: 'STOP_ON_FAILURE', cancelOrigClientOrderId: 'a' };
    await ask(venue, 'POST', '/api/v3/order', { ...BUY, newClientOrderId: 'a' });
    const done = await ask(venue, 'POST', path, { ...both, newClientOrderId: 'b' });
    assert.deepEqual([done.body.cancelResult, done.body.newOrderResult], ['SUCCESS', 'SUCCESS']);
    const none = await ask(venue, 'POST', path, both);
    assert.deepEqual([...codeOf(none), (none.body.data as Json).newOrderResult], [400, -2022, 'NOT_ATTEMPTED']);
    const half = await ask(venue, 'POST', path, { ...both, cancelOrigClientOrderId: 'b', quantity: '5000' });
    assert.deepEqual([...codeOf(half), (half.body.data as Json).cancelResult], [409, -2021, 'SUCCESS']);
    const other = await ask(venue, 'POST', path, {
      ...both,
      cancelReplaceMode: 'ALLOW_FAILURE',
      newClientOrderId: 'c',
    });
    assert.deepEqual([...codeOf(other), (other.body.data as Json).newOrderResult], [409, -2021, 'SUCCESS']);
    venue.others(OrderSide.Sell, 5_000_000, 100);
    const restricted = await ask(venue, 'POST', path, {
      ...both,
      cancelOrigClientOrderId: 'c',
      cancelRestrictions: 'ONLY_NEW',
    });
    const { msg } = (restricted.body.data as Json).cancelResponse as Json;
    assert.equal(msg, 'Order was not canceled due to cancel restrictions.');
    const all = await ask(venue, 'DELETE', '/api/v3/openOrders', { symbol: 'BTCUSDT' });
    assert.deepEqual(
      (all.body as unknown as Json[]).map((order) => order.origClientOrderId),
      ['c'],
    );
    assert.deepEqual(codeOf(await ask(venue, 'DELETE', '/api/v3/openOrders', { symbol: 'BTCUSDT' })), [400, -2011]);
  });
});

test('a session is logged on with Ed25519, serves without signatures, and ends', async () => {
  await withVenue('spot', async (venue) => {
    const api = await Api.open(venue.endpoints.api);
    try {
      assert.deepEqual(errorOf(await api.signed('session.logon')), [400, -4056]);
      assert.equal((await api.signed('session.logon', {}, 'ed25519')).status, 200);
      const placed = await api.ask('order.place', { ...BUY, timestamp: Date.now() });
      assert.equal((placed.result as Json).status, 'NEW');
      assert.ok((placed.rateLimits as Json[]).some((row) => row.rateLimitType === 'ORDERS' && row.count === 1));
      assert.deepEqual(errorOf(await api.ask('order.place', BUY)), [400, -1102]);
      assert.deepEqual(errorOf(await api.ask('order.place', { ...BUY, timestamp: Date.now() - 9_000 })), [400, -1021]);
      assert.equal((await api.ask('session.logout')).status, 200);
      assert.deepEqual(errorOf(await api.ask('account.status', { timestamp: Date.now() })), [401, -2014]);
      assert.deepEqual(errorOf(await api.ask('userDataStream.subscribe')), [400, -1102]);
      assert.deepEqual(errorOf(await api.ask('nonsense')), [400, -1100]);
      for (const method of ['openOrders.status', 'account.status', 'account.rateLimits.orders']) {
        assert.equal((await api.signed(method)).status, 200, method);
      }
      for (const method of ['myTrades', 'allOrders']) {
        assert.equal((await api.signed(method, { symbol: 'BTCUSDT' })).status, 200, method);
      }
      assert.equal(typeof ((await api.ask('time')).result as Json).serverTime, 'number');
      assert.equal((await api.signed('openOrders.cancelAll', { symbol: 'BTCUSDT' })).status, 200);
      for (const frame of ['{', '7', 'null', '{"id":1}', '{"id":{},"method":7,"params":[]}']) api.text(frame);
      assert.equal((await api.ask('ping')).status, 200, 'it lives on');
    } finally {
      api.close();
    }
  });
});

test('an account is told what happens to its orders, and nobody else is', async () => {
  await withVenue('spot', async (venue) => {
    const api = await Api.open(venue.endpoints.api);
    try {
      assert.deepEqual((await api.signed('userDataStream.subscribe.signature')).result, { subscriptionId: 0 });
      const placed = await api.signed('order.place', { ...BUY, newClientOrderId: 'mine' });
      venue.others(OrderSide.Sell, 5_000_000, 300);
      await api.signed('order.cancel', { symbol: 'BTCUSDT', origClientOrderId: 'mine', newClientOrderId: 'gone' });
      const events = api.events.map(({ event }) => event as Json);
      const told = events.filter(({ e }) => e === 'executionReport').map(({ x, X, c, C, l, z }) => [x, X, c, C, l, z]);
      assert.deepEqual(told, [
        ['NEW', 'NEW', 'mine', '', '0.00000000', '0.00000000'],
        ['TRADE', 'PARTIALLY_FILLED', 'mine', '', '0.00300000', '0.00300000'],
        ['CANCELED', 'CANCELED', 'gone', 'mine', '0.00000000', '0.00300000'],
      ]);
      assert.ok(events.every(({ i }) => i === undefined || i === (placed.result as Json).orderId));
      const trade = events.find(({ x }) => x === 'TRADE');
      assert.deepEqual([trade?.m, trade?.n, trade?.N, trade?.L], [true, '0.00000300', 'BTC', '50000.00000000']);
      assert.ok(events.some(({ e }) => e === 'outboundAccountPosition'));
      const before = api.events.length;
      await api.ask('userDataStream.unsubscribe');
      await api.signed('order.place', BUY);
      assert.equal(api.events.length, before);
    } finally {
      api.close();
    }
  });
});

test('a listen key opens the stream of its account until it is closed', async () => {
  await withVenue('usdm', async (venue) => {
    const { listenKey } = (await raw(venue, 'POST', '/fapi/v1/listenKey', '')).body;
    assert.equal(
      (await raw(venue, 'POST', '/fapi/v1/listenKey', '')).body.listenKey,
      listenKey,
      'the same while it lives',
    );
    assert.equal((await raw(venue, 'PUT', '/fapi/v1/listenKey', '')).status, 200);
    const stream = await Api.open(`${venue.endpoints.streams}/ws/${listenKey}`);
    try {
      await ask(venue, 'POST', '/fapi/v1/order', { ...BUY, newClientOrderId: 'mine' });
      const [event] = stream.events.length > 0 ? stream.events : await eventsOf(stream);
      assert.deepEqual([event.e, (event.o as Json).x, (event.o as Json).c], ['ORDER_TRADE_UPDATE', 'NEW', 'mine']);
    } finally {
      stream.close();
    }
    assert.equal((await raw(venue, 'DELETE', '/fapi/v1/listenKey', '')).status, 200);
    const gone = new WebSocket(`${venue.endpoints.streams}/ws/${listenKey}`);
    const [error] = await once(gone, 'error');
    assert.match(String(error), /404/);
    assert.deepEqual(codeOf(await raw(venue, 'PUT', '/api/v3/userDataStream', 'listenKey=nope')), [400, -1125]);
  });
});

async function eventsOf(api: Api): Promise<Json[]> {
  while (api.events.length === 0) await new Promise((resolve) => setTimeout(resolve, 1));
  return api.events;
}

test('the futures change orders in place, refuse what would take, and know positions', async () => {
  await withVenue('usdm', async (venue) => {
    const path = '/fapi/v1/order';
    await ask(venue, 'POST', path, { ...BUY, newClientOrderId: 'mine' });
    const mine = { symbol: 'BTCUSDT', origClientOrderId: 'mine' };
    const changed = await ask(venue, 'PUT', path, { ...mine, side: 'BUY', quantity: '0.02', price: '50001' });
    assert.deepEqual(
      [changed.body.origQty, changed.body.price, changed.body.clientOrderId],
      ['0.020', '50001.0', 'mine'],
    );
    const same = await ask(venue, 'PUT', path, { ...mine, side: 'BUY', quantity: '0.02', price: '50001' });
    assert.deepEqual(codeOf(same), [400, -5027]);
    venue.others(OrderSide.Sell, 600_000, 30);
    assert.deepEqual(
      codeOf(await ask(venue, 'POST', path, { ...BUY, price: '60000', timeInForce: 'GTX' })),
      [400, -5022],
    );
    assert.deepEqual(
      codeOf(await ask(venue, 'POST', path, { ...BUY, type: 'STOP_MARKET', stopPrice: '1' })),
      [400, -4120],
    );
    assert.deepEqual(
      codeOf(await ask(venue, 'POST', path, { ...BUY, side: 'SELL', reduceOnly: 'true' })),
      [400, -2022],
    );
    await ask(venue, 'POST', path, { symbol: 'BTCUSDT', side: 'BUY', type: 'MARKET', quantity: '0.03' });
    const risk = await ask(venue, 'GET', '/fapi/v3/positionRisk');
    const [position] = risk.body as unknown as Json[];
    assert.deepEqual([position.positionAmt, position.entryPrice], ['0.030', '60000.00000000']);
    const trades = await ask(venue, 'GET', '/fapi/v1/userTrades', { symbol: 'BTCUSDT' });
    assert.equal((trades.body as unknown as Json[])[0].buyer, true);
    assert.equal(
      (await ask(venue, 'POST', '/fapi/v1/countdownCancelAll', { symbol: 'BTCUSDT', countdownTime: 20 })).status,
      200,
    );
    while (venue.account.open.size > 0) await new Promise((resolve) => setTimeout(resolve, 2));
    assert.equal((await ask(venue, 'GET', path, mine)).body.status, 'CANCELED');
  });
});

test('too many orders are answered with 429 and when to come again', async () => {
  const limits = [{ interval: 'SECOND', intervalNum: 10, windowMs: 10_000, limit: 2 }] as const;
  const venue = await TestVenue.start('spot', limits);
  try {
    let answer = await ask(venue, 'POST', '/api/v3/order', BUY);
    for (let i = 0; i < 5 && answer.status === 200; i++) answer = await ask(venue, 'POST', '/api/v3/order', BUY);
    assert.deepEqual(codeOf(answer), [429, -1015]);
    const seconds = Number(answer.headers.get('retry-after'));
    assert.ok(seconds >= 1 && seconds <= 10, `${seconds}`);
    assert.equal(
      (await ask(venue, 'DELETE', '/api/v3/openOrders', { symbol: 'BTCUSDT' })).status,
      200,
      'cancels do not count',
    );
  } finally {
    await venue.close();
  }
});

import assert from 'node:assert/strict';
import { test } from 'node:test';
import { priceText, qtyText } from '../../src/exchange/binance/terms.ts';
import type { Market } from '../../src/exchange/market.ts';
import { getJson, type Json, marketOf, postJson, startVenue, VenueClient } from '../support/venue-scene.ts';

type Level = [string, string];
interface Depth {
  readonly e: string;
  readonly s: string;
  readonly U: number;
  readonly u: number;
  readonly pu?: number;
  readonly b: Level[];
  readonly a: Level[];
}
interface Snapshot {
  readonly lastUpdateId: number;
  readonly bids: Level[];
  readonly asks: Level[];
}

/** A client's book, kept by the rules that the venue documents ("How to manage a local order book correctly"). */
class LocalBook {
  readonly bids = new Map<string, string>();
  readonly asks = new Map<string, string>();
  private lastU: number;
  private isFirst = true;

  constructor(snapshot: Snapshot) {
    this.lastU = snapshot.lastUpdateId;
    for (const [price, qty] of snapshot.bids) this.bids.set(price, qty);
    for (const [price, qty] of snapshot.asks) this.asks.set(price, qty);
  }

  apply(event: Depth): void {
    const isFutures = event.pu !== undefined;
    if (isFutures ? event.u < this.lastU : event.u <= this.lastU) return;
    if (isFutures && !this.isFirst) assert.equal(event.pu, this.lastU);
    else assert.ok(event.U <= this.lastU + 1 && event.u >= this.lastU, `${event.U}..${event.u} joins ${this.lastU}`);
    this.isFirst = false;
    this.lastU = event.u;
    for (const [side, levels] of [
      [this.bids, event.b],
      [this.asks, event.a],
    ] as const) {
      for (const [price, qty] of levels) {
        if (Number(qty) === 0) side.delete(price);
        else side.set(price, qty);
      }
    }
  }

  equals(market: Market): void {
    for (const isBid of [true, false]) {
      const levels = market.depth(isBid, 1e6);
      const expected = new Map<string, string>();
      for (let i = 0; i < levels.length; i += 2)
        expected.set(priceText(market, levels[i]), qtyText(market, levels[i + 1]));
      const sorted = (map: Map<string, string>): Level[] => [...map].sort();
      assert.deepEqual(sorted(isBid ? this.bids : this.asks), sorted(expected));
    }
  }
}

const SIDES: readonly [string, string, string][] = [
  ['binance', '/api/v3', 'btcusdt@depth@100ms'],
  ['binance-usdm', '/fapi/v1', 'btcusdt@depth@0ms'],
];

for (const [name, rest, stream] of SIDES) {
  test(`${name}: snapshot and diffs lead a client by the venue's rules to the exchange's own book`, async (t) => {
    const venue = await startVenue(t, [name], { rate: 3000 });
    const market = marketOf(venue, name, 'BTCUSDT');
    const client = await VenueClient.open(t, venue, `/${name}/stream?streams=${stream}/btcusdt@bookTicker`);
    const isDiff = (frame: Json): boolean => frame.stream === stream;
    await client.until(isDiff);
    const snapshot: Snapshot = (await getJson(venue, `/${name}${rest}/depth?symbol=BTCUSDT&limit=1000`)).body;
    await client.until((frame) => isDiff(frame) && (frame.data as Depth).u > snapshot.lastUpdateId);
    assert.deepEqual((await postJson(venue, '/control/flow', { rate: 0 })).body, {
      rate: 0,
      made: { [name]: venue.venues[0].flow.made },
    });
    await client.until((frame) => isDiff(frame) && (frame.data as Depth).u === market.updateId);
    const book = new LocalBook(snapshot);
    let last = 0;
    let first: Depth | null = null;
    for (const frame of client.frames.filter(isDiff)) {
      const event = frame.data as Depth;
      assert.equal(event.s, 'BTCUSDT');
      if (last > 0) assert.equal(event.pu ?? event.U - 1, last, 'updates are contiguous');
      last = event.u;
      first ??= event;
      book.apply(event);
    }
    assert.equal(first?.pu !== undefined, name === 'binance-usdm');
    book.equals(market);
    const touch = client.frames.filter((frame) => String(frame.stream).endsWith('bookTicker')).at(-1)?.data as Json;
    assert.equal(touch.b, priceText(market, market.bestBidTicks));
    assert.equal(touch.A, qtyText(market, market.lotsAt(false, market.bestAskTicks)));
    venue.venues[0].exchange.checkInvariants();
  });

  test(`${name}: trades, aggregates, partial books and tickers say the same`, async (t) => {
    const venue = await startVenue(t, [name], { rate: 3000 });
    const market = marketOf(venue, name, 'BTCUSDT');
    const client = await VenueClient.open(
      t,
      venue,
      `/${name}/stream?streams=btcusdt@trade/btcusdt@aggTrade/btcusdt@depth5@100ms`,
    );
    await client.until((frame) => frame.stream === 'btcusdt@depth5@100ms');
    await client.until(
      (frame) => frame.stream === 'btcusdt@aggTrade' && (frame.data as Json).l !== (frame.data as Json).f,
    );
    // As many as are compared with REST's below.
    await client.until(() => client.frames.filter((frame) => frame.stream === 'btcusdt@trade').length >= 5);
    await postJson(venue, '/control/flow', { rate: 0 });
    const bestBid = priceText(market, market.bestBidTicks);
    const last = market.lastTradeId;
    await client.until((frame) => frame.stream === 'btcusdt@aggTrade' && (frame.data as Json).l === last);
    await client.until((frame) => frame.stream === 'btcusdt@trade' && (frame.data as Json).t === last);
    await client.until((frame) => {
      const data = frame.data as Partial<Record<'bids' | 'b', Level[]>>;
      return frame.stream === 'btcusdt@depth5@100ms' && (data.bids ?? data.b ?? [])[0]?.[0] === bestBid;
    });
    const of = (stream: string): Json[] =>
      client.frames.filter((frame) => frame.stream === stream).map((frame) => frame.data as Json);
    const trades = of('btcusdt@trade');
    const sums = (list: readonly Json[]): number => list.reduce((sum, one) => sum + Math.round(Number(one.q) * 1e5), 0);
    assert.equal(sums(trades), sums(of('btcusdt@aggTrade')));
    trades.forEach((trade, i) => void assert.equal(trade.t, Number(trades[0].t) + i));
    const recent: Json[] = (await getJson(venue, `/${name}${rest}/trades?symbol=BTCUSDT&limit=5`)).body;
    assert.deepEqual(
      recent.map((one) => one.id),
      trades.slice(-5).map((one) => one.t),
    );
    assert.deepEqual(
      recent.map((one) => one.isBuyerMaker),
      trades.slice(-5).map((one) => one.m),
    );
    const ticker: Json = (await getJson(venue, `/${name}${rest}/ticker/bookTicker?symbol=BTCUSDT`)).body;
    assert.equal(ticker.bidPrice, bestBid);
    const prices: Json[] = (await getJson(venue, `/${name}${rest}/ticker/price`)).body;
    assert.deepEqual(
      prices.map((one) => one.symbol),
      ['BTCUSDT', 'ETHUSDT'],
    );
  });
}

test('streams are subscribed to, listed and left while a connection is open; what is no request is answered so', async (t) => {
  const venue = await startVenue(t, ['binance-usdm']);
  const client = await VenueClient.open(t, venue, '/binance-usdm/ws/btcusdt@trade');
  client.send({ method: 'SUBSCRIBE', params: ['ethusdt@bookTicker', 'nonsense@trade'], id: 1 });
  assert.deepEqual(await client.until((frame) => frame.id === 1), { result: null, id: 1 });
  await client.until((frame) => frame.e === 'bookTicker' && frame.s === 'ETHUSDT');
  client.send({ method: 'LIST_SUBSCRIPTIONS', id: 2 });
  assert.deepEqual((await client.until((frame) => frame.id === 2)).result, [
    'btcusdt@trade',
    'ethusdt@bookTicker',
    'nonsense@trade',
  ]);
  client.send({ method: 'UNSUBSCRIBE', params: ['ethusdt@bookTicker', 'btcusdt@trade'], id: 3 });
  await client.until((frame) => frame.id === 3);
  const count = client.frames.length;
  client.send({ method: 'SET_PROPERTY', params: ['combined', true], id: 4 });
  client.send({ method: 'DANCE', id: 5 });
  client.send('no json');
  await client.until((frame) => frame.error !== undefined && (frame.error as Json).code === 3);
  assert.deepEqual(
    client.frames.slice(count).map((frame) => frame.id),
    [4, 5, null],
  );
  client.send({ method: 'SUBSCRIBE', params: ['ethusdt@bookTicker'], id: 'six' });
  await client.until((frame) => frame.stream === 'ethusdt@bookTicker');
});

test('a connection that sends too often is closed, and one that is too old', async (t) => {
  const venue = await startVenue(t, ['binance'], { maxAgeMs: 300 });
  const busy = await VenueClient.open(t, venue, '/binance/ws');
  for (let i = 0; i < 6; i++) busy.send({ method: 'LIST_SUBSCRIPTIONS', id: i });
  assert.equal(await busy.closed(), 1008);
  assert.equal(busy.frames.length, 5);
  const old = await VenueClient.open(t, venue, '/binance/ws/btcusdt@bookTicker');
  assert.equal(await old.closed(), 1001);
});

test('requests are weighed by address: 429 with Retry-After beyond the limit, then a ban', async (t) => {
  let nowUs = 1_700_000_000_000_000;
  const venue = await startVenue(t, ['binance'], { nowUs: () => nowUs, rate: 0 });
  const depth = (): ReturnType<typeof getJson> => getJson(venue, '/binance/api/v3/depth?symbol=BTCUSDT&limit=5000');
  for (let i = 1; i <= 24; i++) assert.equal((await depth()).headers.get('x-mbx-used-weight-1m'), String(250 * i));
  const refused = await depth();
  assert.deepEqual([refused.status, refused.headers.get('retry-after')], [429, '40']);
  let status = 429;
  for (let i = 0; i < 30 && status === 429; i++) status = (await depth()).status;
  assert.equal(status, 418);
  nowUs += 60_000_000;
  assert.equal((await depth()).headers.get('retry-after'), '60');
  nowUs += 60_000_000;
  assert.equal((await depth()).status, 200);
});

test('requests that make no sense are refused with the code that the venue has for it', async (t) => {
  const venue = await startVenue(t, ['binance', 'binance-usdm']);
  const refusal = async (path: string): Promise<[number, unknown]> => {
    const { status, body } = await getJson(venue, path);
    return [status, (body as Json).code];
  };
  assert.deepEqual(await refusal('/binance/api/v3/depth'), [400, -1102]);
  assert.deepEqual(await refusal('/binance/api/v3/depth?symbol=NONE'), [400, -1121]);
  assert.deepEqual(await refusal('/binance/api/v3/depth?symbol=BTCUSDT&limit=x'), [400, -1100]);
  assert.deepEqual(await refusal('/binance-usdm/fapi/v1/depth?symbol=BTCUSDT&limit=7'), [400, -4021]);
  assert.deepEqual(await refusal('/binance/api/v3/nothing'), [404, -1]);
  const elsewhere = await fetch(`http://127.0.0.1:${venue.net.port}/api/v3/ping`);
  assert.match(await elsewhere.text(), /addresses begin with \/binance\/, \/binance-usdm\//);
  const refused = new VenueClient(t, venue, '/binance/nothing');
  assert.equal(await refused.closed(), 1006);
});

test('the flow is controlled from this machine, with bodies that make sense', async (t) => {
  const venue = await startVenue(t, ['binance']);
  assert.equal((await postJson(venue, '/control/flow', { rate: -1 })).status, 400);
  assert.equal((await postJson(venue, '/control/flow', 'x')).status, 400);
  assert.equal((await getJson(venue, '/control/nothing')).status, 404);
  assert.equal(((await postJson(venue, '/control/flow', { rate: 7 })).body as Json).rate, 7);
});

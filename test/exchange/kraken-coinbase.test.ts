import assert from 'node:assert/strict';
import { randomInt } from 'node:crypto';
import { type TestContext, test } from 'node:test';
import { COINBASE_KIND } from '../../src/exchange/coinbase/venue.ts';
import { KRAKEN_KIND } from '../../src/exchange/kraken/venue.ts';
import type { ProtocolFaults, ProtocolKind } from '../../src/exchange/protocol.ts';
import type { VenueServer } from '../../src/exchange/venue-server.ts';
import type { LiveProtocol } from '../../src/feed/live/protocol.ts';
import { COINBASE, COINBASE_FULL } from '../../src/feed/live/protocols/coinbase.ts';
import { KRAKEN } from '../../src/feed/live/protocols/kraken.ts';
import { NO_FAULTS } from '../support/no-faults.ts';
import { marketText, startVenue, until, VenueClient } from '../support/venue-client.ts';

const RATE = 3_000;

interface Scene {
  readonly venue: VenueServer;
  readonly client: VenueClient;
  readonly seed: number;
}

async function scene(
  t: TestContext,
  kind: ProtocolKind,
  protocol: LiveProtocol,
  symbols: readonly string[],
  faults?: ProtocolFaults,
): Promise<Scene> {
  const seed = randomInt(2 ** 32);
  t.diagnostic(`seed ${seed}`);
  const venue = await startVenue(kind, seed, RATE, faults);
  t.after(() => venue.close());
  const client = new VenueClient(protocol, venue.baseOf(venue.venues[0].protocol), symbols);
  t.after(() => client.close());
  await client.open();
  return { venue, client, seed };
}

/** Ends the flow, and waits until the decoder's book is the exchange's. */
async function settled({ venue, client, seed }: Scene, symbol: string, index: number, depth: number): Promise<void> {
  const market = venue.venues[0].exchange.markets[index];
  venue.setRate(0);
  const same = () =>
    client.isLive(symbol) && JSON.stringify(client.books.text(symbol)) === JSON.stringify(marketText(market, depth));
  await until(same, () => `seed ${seed}: ${symbol} ${client.isLive(symbol)}, last ${client.texts.at(-1)}`);
}

test('Kraken: the decoder’s books of two pairs are the exchange’s, cut at 100 levels, every checksum right', async (t) => {
  const one = await scene(t, KRAKEN_KIND, KRAKEN, ['BTC/USD', 'ETH/USD']);
  await until(
    () => (one.client.counts.Trade ?? 0) > 30 && (one.client.counts.Level ?? 0) > 2_000,
    () => 'flow',
  );
  await settled(one, 'BTC/USD', 0, 100);
  await settled(one, 'ETH/USD', 1, 100);
  assert.equal(one.client.counts.ChecksumFailure, undefined);
  assert.equal(one.client.counts.Duplicate, undefined);
});

test('Kraken: a wrong checksum now and then is noticed each time, and a new snapshot heals it', async (t) => {
  let asked = 0;
  let wrong = 0;
  const faults: ProtocolFaults = {
    ...NO_FAULTS,
    wrongChecksum: () => {
      const isWrong = ++asked % 40 === 39 && wrong < 5;
      if (isWrong) wrong++;
      return isWrong;
    },
  };
  const one = await scene(t, KRAKEN_KIND, KRAKEN, ['BTC/USD'], faults);
  await until(
    () => wrong === 5,
    () => `${asked} asked`,
  );
  await settled(one, 'BTC/USD', 0, 100);
  assert.ok((one.client.counts.ChecksumFailure ?? 0) >= 3, `${one.client.counts.ChecksumFailure} failures`);
});

test('Kraken: answers, refusals, pings, statuses and terms are as the venue words them', async (t) => {
  const { client } = await scene(t, KRAKEN_KIND, KRAKEN, ['BTC/USD']);
  client.send({ method: 'ping', req_id: 7 });
  client.send({ method: 'subscribe', params: { channel: 'book', symbol: ['NO/PE'], depth: 10 }, req_id: 8 });
  client.send({ method: 'subscribe', params: { channel: 'book', symbol: ['BTC/USD'], depth: 11 }, req_id: 9 });
  client.send({ method: 'subscribe', params: { channel: 'book', symbol: ['BTC/USD'], depth: 100 }, req_id: 10 });
  client.send({ method: 'subscribe', params: { channel: 'instrument' }, req_id: 11 });
  client.send({ method: 'subscribe', params: { channel: 'ticker', symbol: ['BTC/USD'] }, req_id: 12 });
  const heard: string[] = [];
  const all = [
    '"status"',
    '"pong","req_id":7',
    '"req_id":8,"error":"Currency pair not supported NO/PE"',
    '"req_id":9,"error":"Subscription depth not supported"',
    '"req_id":10,"error":"Already subscribed"',
    '"instrument","type":"snapshot"',
    '"ticker","type":"snapshot"',
  ];
  await until(
    () => {
      heard.push(...client.texts.filter((text) => !heard.includes(text)));
      return all.every((part) => heard.some((text) => text.includes(part)));
    },
    () => all.filter((part) => !heard.some((text) => text.includes(part))).join(),
  );
  assert.deepEqual(await client.terms(), [
    {
      symbol: 'BTC/USD',
      tick: '0.01',
      lot: '0.00001',
      minQty: '0.00001',
      minNotional: '5',
      base: 'BTC',
      quote: 'USD',
      isTrading: true,
    },
  ]);
});

test('Coinbase level2_batch: the decoder’s books are the exchange’s, trades come once', async (t) => {
  const one = await scene(t, COINBASE_KIND, COINBASE, ['BTC-USD', 'ETH-USD']);
  await until(
    () => (one.client.counts.Trade ?? 0) > 30,
    () => 'flow',
  );
  await settled(one, 'BTC-USD', 0, Number.POSITIVE_INFINITY);
  await settled(one, 'ETH-USD', 1, Number.POSITIVE_INFINITY);
  assert.deepEqual([one.client.counts.Gap, one.client.counts.Duplicate], [undefined, undefined]);
  assert.equal(((await one.client.terms()) as unknown[]).length, 2);
});

/** By side and price; those of one price stay in the order of their arrival. */
function byPrice(orders: readonly string[]): string[] {
  const key = (order: string) => order.slice(0, order.lastIndexOf(' '));
  return [...orders].sort((a, b) => (key(a) < key(b) ? -1 : key(a) > key(b) ? 1 : 0));
}

/** Orders of the level 3 book, as `EventBooks.text` would show them, by price. */
async function restOrders(venue: VenueServer): Promise<string[]> {
  const answer = await fetch(`http://${venue.baseOf(venue.venues[0].protocol)}/products/BTC-USD/book?level=3`);
  const body = (await answer.json()) as { bids: string[][]; asks: string[][] };
  const plain = (text: string) => text.replace(/\.?0+$/, '');
  return byPrice([
    ...body.bids.map(([price, size]) => `true ${plain(price)} ${plain(size)}`),
    ...body.asks.map(([price, size]) => `false ${plain(price)} ${plain(size)}`),
  ]);
}

test('Coinbase full: order by order the same as the exchange, joined to a level 3 book while the market moves', async (t) => {
  const { client, venue, seed } = await scene(t, COINBASE_KIND, COINBASE_FULL, ['BTC-USD']);
  await until(
    () => client.isLive('BTC-USD') && (client.counts.Execute ?? 0) > 30,
    () => JSON.stringify(client.counts),
  );
  venue.setRate(0);
  const orders = await restOrders(venue);
  await until(
    () => JSON.stringify(byPrice(client.books.text('BTC-USD'))) === JSON.stringify(orders),
    () => `seed ${seed}: ${orders.length} orders, ${client.books.text('BTC-USD').length} here`,
  );
  assert.ok(orders.length > 50);
  assert.equal(client.counts.Gap, undefined);
});

test('Coinbase full: a hole in the sequence is a gap, and a level 3 book heals it', async (t) => {
  // The first hole comes once there is a book to miss it, the others whatever the client is about.
  let asked = 0;
  let isJoined = false;
  const faults: ProtocolFaults = {
    ...NO_FAULTS,
    sequenceGap: () => (isJoined && ++asked % 500 === 0 && asked < 2_001 ? 2 : 0),
  };
  const { client, venue } = await scene(t, COINBASE_KIND, COINBASE_FULL, ['BTC-USD'], faults);
  await until(
    () => client.isLive('BTC-USD'),
    () => `no book: ${JSON.stringify(client.counts)}`,
  );
  isJoined = true;
  await until(
    () => asked > 2_000,
    () => `${asked} asked`,
  );
  venue.setRate(0);
  await until(
    () => client.isLive('BTC-USD'),
    () => JSON.stringify(client.counts),
  );
  const orders = await restOrders(venue);
  await until(
    () => JSON.stringify(byPrice(client.books.text('BTC-USD'))) === JSON.stringify(orders),
    () => `${orders.length} orders, ${client.books.text('BTC-USD').length} here`,
  );
  assert.ok((client.counts.Gap ?? 0) > 0);
});

test('Coinbase: what can not be subscribed to is refused whole, with the venue’s words', async (t) => {
  const { client } = await scene(t, COINBASE_KIND, COINBASE, ['BTC-USD']);
  client.send({ type: 'subscribe', product_ids: ['NO-PE'], channels: ['ticker'] });
  client.send({ type: 'subscribe', product_ids: ['BTC-USD'], channels: ['nope'] });
  client.send({ type: 'shout' });
  const heard: string[] = [];
  const all = ['NO-PE is not a valid product', 'nope is not a valid channel', 'shout is not a valid type'];
  await until(
    () => {
      heard.push(...client.texts.filter((text) => text.includes('"error"')));
      return all.every((part) => heard.some((text) => text.includes(part)));
    },
    () => heard.join(),
  );
});

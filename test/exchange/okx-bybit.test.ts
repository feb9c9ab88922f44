/** The exchange's OKX and Bybit, as the live protocols and decoders of the engine see them over a real socket. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { BYBIT_KIND } from '../../src/exchange/bybit/venue.ts';
import type { Market } from '../../src/exchange/market.ts';
import { OKX_KIND } from '../../src/exchange/okx/venue.ts';
import type { ProtocolFaults, ProtocolKind } from '../../src/exchange/protocol.ts';
import { machineClockUs, VenueServer } from '../../src/exchange/venue-server.ts';
import type { LiveProtocol } from '../../src/feed/live/protocol.ts';
import { BYBIT } from '../../src/feed/live/protocols/bybit.ts';
import { OKX } from '../../src/feed/live/protocols/okx.ts';
import { decimalText, type PlainBook } from '../support/event-probe.ts';
import { LiveReader } from '../support/live-reader.ts';
import { NO_FAULTS } from '../support/no-faults.ts';

const NET = { port: 0, maxFrameBytes: 1 << 16, maxBodyBytes: 1 << 16, maxBacklogBytes: 1 << 24, idleSeconds: 60 };

/** A frame that does not come ends the test instead of holding it up. */
const LIMIT = { timeout: 30_000 };

interface Side {
  readonly protocol: LiveProtocol;
  readonly kind: ProtocolKind;
  readonly symbols: readonly string[];
  readonly depth: number;
}

const SIDES: readonly Side[] = [
  { protocol: OKX, kind: OKX_KIND, symbols: ['BTC-USDT', 'ETH-USDT'], depth: 400 },
  { protocol: BYBIT, kind: BYBIT_KIND, symbols: ['BTCUSDT', 'ETHUSDT'], depth: 50 },
];

async function withVenue(
  kinds: readonly ProtocolKind[],
  rate: number,
  faults: ProtocolFaults,
  work: (venue: VenueServer) => Promise<void>,
): Promise<void> {
  const options = { kinds, assets: ['BTC', 'ETH'], seed: 7, rate, faults, net: NET, nowUs: machineClockUs() };
  const venue = await VenueServer.start(options);
  try {
    await work(venue);
  } finally {
    await venue.close();
  }
}

function baseOf(venue: VenueServer): string {
  return venue.baseOf(venue.venues[0].protocol);
}

function marketOf(venue: VenueServer, symbol: string): Market {
  return venue.venues[0].exchange.marketOf(symbol.replace('-', ''))!;
}

/** The best `depth` levels that the exchange has. */
function bookOf(market: Market, depth: number): PlainBook {
  const side = (isBid: boolean): Map<string, string> => {
    const levels = market.depth(isBid, depth);
    const { priceDecimals, qtyDecimals } = market.listing;
    const out = new Map<string, string>();
    for (let i = 0; i < levels.length; i += 2) {
      out.set(decimalText(levels[i], priceDecimals), decimalText(levels[i + 1], qtyDecimals));
    }
    return out;
  };
  return { bids: side(true), asks: side(false) };
}

const sorted = (book: PlainBook): string => JSON.stringify([[...book.bids].sort(), [...book.asks].sort()]);

function agree(venue: VenueServer, reader: LiveReader, { symbols, depth }: Side): boolean {
  return symbols.every((symbol) => {
    const theirs = sorted(bookOf(marketOf(venue, symbol), depth));
    return reader.books.isLive(symbol) && sorted(reader.books.book(symbol)) === theirs;
  });
}

for (const side of SIDES) {
  const { protocol, kind, symbols } = side;

  test(
    `${kind.name}: the books that the engine's decoder keeps are the exchange's, and it sees every trade`,
    LIMIT,
    async () => {
      await withVenue([kind], 2000, NO_FAULTS, async (venue) => {
        const reader = await LiveReader.open(protocol, baseOf(venue), symbols);
        try {
          const trades = () => reader.events.filter(({ name }) => name === 'Trade').length;
          await reader.until(() => reader.allLive() && trades() > 20);
          venue.setRate(0);
          await reader.until(() => agree(venue, reader, side));
          const bad = reader.events.filter(({ name }) => /Gap|Duplicate|OutOfOrder|Checksum/.test(name));
          assert.deepEqual(bad, []);
          if (kind === OKX_KIND) assert.ok(reader.market.stats.checksumsVerified > 2);
          const ids = reader.events.filter(({ name, instrument }) => name === 'Trade' && instrument === 0);
          const numbers = ids.map(({ id2 }) => id2);
          assert.deepEqual(
            numbers,
            numbers.map((_, i) => numbers[0] + i),
            'trades without a hole',
          );
          assert.equal(reader.resyncs, 0);
        } finally {
          await reader.close();
        }
      });
    },
  );

  test(
    `${kind.name}: sequence gaps and wrong checksums make books stale, and a new subscription heals them`,
    LIMIT,
    async () => {
      let count = 0;
      let isOn = true;
      const faults: ProtocolFaults = {
        ...NO_FAULTS,
        sequenceGap: () => (isOn && ++count % 7 === 0 ? 3 : 0),
        wrongChecksum: () => isOn && ++count % 9 === 0,
      };
      await withVenue([kind], 2000, faults, async (venue) => {
        const reader = await LiveReader.open(protocol, baseOf(venue), symbols);
        try {
          const seen = (name: string) => reader.events.filter((event) => event.name === name).length;
          const healed = () => seen('Gap') > 1 && (kind !== OKX_KIND || seen('ChecksumFailure') > 1);
          await reader.until(() => reader.resyncs > 4 && healed());
          isOn = false;
          await reader.until(() => reader.allLive());
          venue.setRate(0);
          await reader.until(() => agree(venue, reader, side));
        } finally {
          await reader.close();
        }
      });
    },
  );

  test(`${kind.name}: instruments as the live protocol asks for them`, LIMIT, async () => {
    await withVenue([kind], 0, NO_FAULTS, async (venue) => {
      const endpoints = { ws: `ws://${baseOf(venue)}`, rest: `http://${baseOf(venue)}` };
      for (const wanted of [symbols, symbols.slice(0, 1)]) {
        const answer = await fetch(protocol.termsUrl(endpoints, wanted));
        const terms = protocol.parseTerms(await answer.json(), wanted);
        assert.deepEqual(
          terms.map(({ symbol, tick, isTrading, quote }) => [symbol, tick, isTrading, quote]),
          wanted.map((symbol) => [symbol, '0.01', true, 'USDT']),
        );
      }
      const unknown = await fetch(protocol.termsUrl(endpoints, ['XX-YY']));
      const body: unknown = await unknown.json();
      assert.throws(() => protocol.parseTerms(body, ['XX-YY']), /does not know the symbol XX-YY/);
    });
  });
}

test('okx: pings, refusals, and a subscription that ends', LIMIT, async () => {
  await withVenue([OKX_KIND], 0, NO_FAULTS, async (venue) => {
    const reader = await LiveReader.open(OKX, baseOf(venue), ['BTC-USDT']);
    try {
      await reader.until(() => reader.allLive());
      const counted = (type: string) => {
        reader.market.stats.publish([]);
        return reader.market.stats.messagesByType.get(type) ?? 0;
      };
      reader.send('ping');
      await reader.until(() => counted('pong') === 1);
      reader.send('{"op":"subscribe","args":[{"channel":"books","instId":"NO-SUCH"}]}');
      reader.send('nonsense');
      reader.send('{"op":"unsubscribe","args":[{"channel":"books","instId":"BTC-USDT"}]}');
      await reader.until(() => counted('unsubscribe') === 1);
      assert.equal(reader.said.length, 2);
      assert.match(reader.said[0], /^error OKX refuses: 60018 Wrong URL or channel:books,instId:NO-SUCH doesn't exist/);
      assert.match(reader.said[1], /60012 Invalid request: nonsense/);
      const before = reader.events.length;
      venue.setRate(2000);
      reader.send('{"op":"subscribe","args":[{"channel":"bbo-tbt","instId":"BTC-USDT"}]}');
      await reader.until(() => reader.events.filter(({ name }) => name === 'VenueBbo').length > 3);
      assert.ok(reader.events.slice(before).every(({ name }) => name !== 'Level'));
    } finally {
      await reader.close();
    }
  });
});

test('bybit: pings and refusals; a request with one wrong topic is refused whole', LIMIT, async () => {
  await withVenue([BYBIT_KIND], 0, NO_FAULTS, async (venue) => {
    const reader = await LiveReader.open(BYBIT, baseOf(venue), ['BTCUSDT']);
    try {
      await reader.until(() => reader.allLive());
      reader.send('{"op":"subscribe","args":["orderbook.50.BTCUSDT"]}');
      reader.send('{"op":"subscribe","args":["orderbook.200.BTCUSDT","orderbook.50.NOSUCH"]}');
      reader.send(JSON.stringify({ op: 'subscribe', args: Array(11).fill('publicTrade.ETHUSDT') }));
      reader.send('nonsense');
      reader.send('{"op":"ping"}');
      const pings = () => {
        reader.market.stats.publish([]);
        return reader.market.stats.messagesByType.get('ping') ?? 0;
      };
      await reader.until(() => pings() === 1);
      assert.deepEqual(reader.said, [
        'error Bybit refuses: error:already subscribed,topic:orderbook.50.BTCUSDT',
        'error Bybit refuses: error:handler not found,topic:orderbook.50.NOSUCH',
        'error Bybit refuses: args size >10',
        'error Bybit refuses: error:invalid request',
      ]);
      assert.equal(reader.events.filter(({ name }) => name === 'SnapshotBegin').length, 1);
    } finally {
      await reader.close();
    }
  });
});

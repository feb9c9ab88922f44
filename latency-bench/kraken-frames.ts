/** Kraken v2's frames for the frames benchmark: book updates whose checksums are right, and trades. */
import { crc32 } from 'node:zlib';
import { KrakenVenue } from '../src/feed/text/kraken.ts';
import { type FeedCase, levels, price, qty } from './feed-frames.ts';

const TIME = '2024-08-08T00:00:00.123456Z';
const SYMBOL = 'BTC/USD';
/** Deeper than the book ever is, so that nothing falls out of it. */
const DEPTH = 1000;
const CHECKSUM_LEVELS = 10;
/** Price and quantity of the snapshot's only level. */
const FIRST = ['61837.62', '1.00001000'] as const;

/** CRC-32 of the ten best asks and bids, their digits without leading zeros. */
function checksum(bids: ReadonlyMap<string, string>, asks: ReadonlyMap<string, string>): number {
  const digits = (text: string) => text.replace('.', '').replace(/^0+/, '');
  const best = (side: ReadonlyMap<string, string>, direction: 1 | -1) =>
    [...side]
      .sort(([a], [b]) => (Number(a) - Number(b)) * direction)
      .slice(0, CHECKSUM_LEVELS)
      .map(([p, q]) => digits(p) + digits(q));
  return crc32([...best(asks, 1), ...best(bids, -1)].join(''));
}

function bookFrame(type: string, bids: readonly string[], asks: readonly string[], crc: number): string {
  const sides = `"bids":[${bids.join(',')}],"asks":[${asks.join(',')}]`;
  const entry = `{"symbol":"${SYMBOL}",${sides},"checksum":${crc},"timestamp":"${TIME}"}`;
  return `{"channel":"book","type":"${type}","data":[${entry}]}`;
}

const levelText = ([p, q]: readonly [string, string]): string => `{"price":${p},"qty":${q}}`;

export function krakenBook(count: number): FeedCase {
  const sides = [new Map<string, string>(), new Map<string, string>()] as const;
  return {
    name: `Kraken v2 book, ${count} + ${count} levels, checksum verified`,
    venue: 'kraken',
    make: (market) => new KrakenVenue(market),
    begin: () => [
      `{"method":"subscribe","result":{"channel":"book","depth":${DEPTH},"snapshot":true,"symbol":"${SYMBOL}"},"success":true}`,
      bookFrame('snapshot', [levelText(FIRST)], [], checksum(new Map([FIRST]), new Map())),
    ],
    frame: (i, random) => {
      if (i === 0) {
        for (const side of sides) side.clear();
        sides[0].set(...FIRST);
      }
      const changes = [
        levels(random, count, -1, 8, 2, '0.00000000'),
        levels(random, count, 1, 8, 2, '0.00000000'),
      ] as const;
      for (const [at, list] of changes.entries()) {
        for (const [p, q] of list) {
          if (Number(q) === 0) sides[at].delete(p);
          else sides[at].set(p, q);
        }
      }
      const [bids, asks] = changes.map((list) => list.map(levelText));
      return bookFrame('update', bids, asks, checksum(sides[0], sides[1]));
    },
  };
}

export const KRAKEN_TRADE: FeedCase = {
  name: 'Kraken v2 trade',
  venue: 'kraken',
  id: '"trade_id":',
  make: (market) => new KrakenVenue(market),
  begin: () => [],
  frame: (i, random) =>
    `{"channel":"trade","type":"update","data":[{"symbol":"${SYMBOL}","side":"${random.below(2) === 0 ? 'buy' : 'sell'}",` +
    `"price":${price(random)},"qty":${qty(random)}000,"ord_type":"limit","trade_id":${40_665_906 + i},"timestamp":"${TIME}"}]}`,
};

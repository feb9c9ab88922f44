/** The exchange's own markets as ITCH: a live feed keeps the books that the exchange has. */
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { Exchange } from '../../../src/exchange/exchange.ts';
import { Flow } from '../../../src/exchange/flow.ts';
import { ItchProtocol, itchProtocol } from '../../../src/exchange/itch/itch-protocol.ts';
import { openLiveFeed } from '../../../src/feed/live/itch/feed.ts';
import { itchSessionBase } from '../../../src/feed/live/itch/session-clock.ts';
import { LiveBooks } from '../../feed/live/itch-support.ts';
import { NO_FAULTS } from '../../support/no-faults.ts';

test('a feed over a connection that is cut keeps the books of the exchange with its flow', async () => {
  let nowUs = Date.UTC(2026, 2, 4, 15) * 1000;
  const kind = itchProtocol({
    session: 'OWN',
    soup: { port: 0, user: 'desk', password: 'secret' },
    faults: { soupDisconnect: 0.05 },
    lingerMs: 20_000,
  });
  const exchange = new Exchange(kind.listings(['BTC', 'ETH']));
  const flow = new Flow(exchange, { seed: 9, rate: 1000 });
  const protocol = kind.make({ exchange, faults: NO_FAULTS, nowUs: () => nowUs });
  assert.ok(protocol instanceof ItchProtocol);
  flow.start(nowUs);
  await protocol.listen('127.0.0.1');
  try {
    const port = protocol.venue?.soupPort ?? 0;
    assert.ok(protocol.addresses().includes(`SoupBinTCP at 127.0.0.1:${port}`));
    const line = { via: 'soup', host: '127.0.0.1', port, user: 'desk', password: 'secret' } as const;
    const said: string[] = [];
    const source = { line, session: '', symbols: null, sessionBase: itchSessionBase(Date.now()), record: null };
    const feed = openLiveFeed(source, { say: (text) => said.push(text) });
    const books = new LiveBooks();
    const running = feed.run(books.sink, books);
    for (let i = 0; i < 20; i++) {
      nowUs += 100_000;
      flow.run(nowUs, 1000);
      await new Promise((resolve) => setTimeout(resolve, 2));
    }
    protocol.end();
    await running;
    assert.deepEqual(said, [`ITCH of 127.0.0.1:${port}: received over TCP`]);
    assert.ok(flow.made > 1000 && books.sink.messages > flow.made);
    books.hash();
    const { ladders, staleReason } = books.market.books;
    for (const market of exchange.markets) {
      const { index, listing } = market;
      assert.equal(staleReason[index + 1], 0);
      for (const [side, levels] of [market.depth(true, 1e6), market.depth(false, 1e6)].entries()) {
        const ladder = (index + 1) * 2 + side;
        const ours: number[] = [];
        for (let i = 0; i < ladders.count(ladder); i++) {
          const level = ladders.levelAt(ladder, i);
          ours.push(ladders.priceOf(level) / 10 ** (4 - listing.priceDecimals), ladders.qtyOf(level));
        }
        assert.ok(ours.length > 100);
        assert.deepEqual(ours, levels, `${listing.base}, ${side === 0 ? 'bids' : 'asks'}`);
      }
    }
  } finally {
    await protocol.close();
  }
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { test } from 'node:test';
import { gunzipSync } from 'node:zlib';
import {
  EQUITIES_FILE,
  EXPECTED_FILE,
  type Expected,
  generateEquities,
  generateSpot,
  SPOT_FILE,
} from '../../src/sim/replay-data.ts';
import { BinanceReplay, best, units } from '../support/binance-replay.ts';
import { ItchReplay } from '../support/itch-replay.ts';
import { repositoryRoot } from '../support/paths.ts';

const folder = join(repositoryRoot(), 'replay-data');
const expected: Expected = JSON.parse(readFileSync(join(folder, EXPECTED_FILE), 'utf8'));
const committed = (file: string) => gunzipSync(readFileSync(join(folder, file)));
let spotReplay: BinanceReplay | null = null;
const replaySpot = () => {
  if (spotReplay === null) {
    spotReplay = new BinanceReplay();
    spotReplay.run(committed(SPOT_FILE).toString('utf8'));
  }
  return spotReplay;
};
const sha256 = (bytes: Uint8Array) => createHash('sha256').update(bytes).digest('hex');

test('the committed equities session is what its seed makes, byte for byte', () => {
  const { content, summary } = generateEquities({ seed: expected.equities.seed });
  assert.ok(Buffer.compare(content, committed(EQUITIES_FILE)) === 0, 'regenerated content differs');
  assert.equal(sha256(content), expected.equities.sha256);
  assert.deepEqual(JSON.parse(JSON.stringify(summary)), expected.equities);
});

test('the committed spot session is what its seed makes, byte for byte', () => {
  const { content, summary } = generateSpot({ seed: expected.spot.seed });
  assert.ok(Buffer.compare(content, committed(SPOT_FILE)) === 0, 'regenerated content differs');
  assert.equal(sha256(content), expected.spot.sha256);
  assert.deepEqual(JSON.parse(JSON.stringify(summary)), expected.spot);
});

test('another seed makes another market, the same seed the same one', () => {
  const small = { seed: 5, activity: 0.05 };
  const again = generateEquities(small).summary.sha256;
  assert.equal(generateEquities(small).summary.sha256, again);
  assert.notEqual(generateEquities({ ...small, seed: 6 }).summary.sha256, again);
  assert.notEqual(generateSpot(small).summary.sha256, generateSpot({ ...small, seed: 6 }).summary.sha256);
});

test('the equities session is well formed, in price-time priority, and its naive replay ends where the simulator did', () => {
  const replay = new ItchReplay();
  replay.run(committed(EQUITIES_FILE));
  assert.deepEqual(replay.counts, expected.equities.messagesByType);
  assert.equal(Object.keys(replay.counts).length, 23, 'every message type of ITCH 5.0 appears');
  assert.equal(replay.outOfPriority, 0);
  assert.equal(replay.crossedWhileTrading, 0);
  assert.ok(replay.crossedInAuction > 100, 'books cross before auctions');
  let trades = 0;
  let volume = 0;
  for (const instrument of expected.equities.instruments) {
    const { locate } = instrument;
    const ends = { ...replay.instruments.get(locate), bids: replay.side(locate, 'B'), asks: replay.side(locate, 'S') };
    assert.deepEqual(ends, instrument);
    for (const { count, qty } of [instrument.executed, instrument.hidden, instrument.crossed]) {
      trades += count;
      volume += qty;
    }
  }
  assert.deepEqual([trades, volume], [expected.equities.trades, expected.equities.volume]);
});

test('the spot session joins by the rule, has no gap, equals its own bookTicker, and ends where the simulator did', () => {
  const replay = replaySpot();
  assert.deepEqual(replay.counts, expected.spot.linesByStream);
  assert.equal(replay.snapshotId, expected.spot.snapshotUpdateId);
  assert.ok(replay.buffered > replay.obsolete && replay.obsolete > 0, 'the join rule drops some diffs and keeps some');
  assert.equal(replay.gaps, 0);
  assert.equal(replay.different, 0);
  assert.equal(replay.compared, expected.spot.linesByStream['depth@100ms'] - replay.obsolete);
  assert.equal(replay.lastId, expected.spot.finalUpdateId);
  const { priceDecimals, qtyDecimals } = expected.spot;
  for (const [book, direction, side] of [
    [replay.bids, 1, expected.spot.bids],
    [replay.asks, -1, expected.spot.asks],
  ] as const) {
    const touch = best(book, direction);
    assert.equal(units(touch, priceDecimals), BigInt(side.best!.price));
    assert.equal(units(book.get(touch)!, qtyDecimals), BigInt(side.best!.qty));
    assert.equal(book.size, side.levels);
    let qty = 0n;
    let notional = 0n;
    for (const [price, amount] of book) {
      qty += units(amount, qtyDecimals);
      notional += units(price, priceDecimals) * units(amount, qtyDecimals);
    }
    assert.equal(qty, BigInt(side.qty));
    assert.equal(notional % 2n ** 53n, BigInt(side.notional));
  }
  const volume = replay.trades.reduce((sum, trade) => sum + units(trade.q, qtyDecimals), 0n);
  assert.deepEqual([replay.trades.length, volume], [expected.spot.trades, BigInt(expected.spot.volume)]);
});

test('the spot session crosses UTC midnight and its receipts never go back', () => {
  const replay = replaySpot();
  const day = 86_400_000_000_000n;
  assert.equal(replay.receipts[replay.receipts.length - 1] / day - replay.receipts[0] / day, 1n);
  for (let i = 1; i < replay.receipts.length; i++) assert.ok(replay.receipts[i] >= replay.receipts[i - 1]);
});

test('README.md of replay-data states the size and the hash of every file', () => {
  const readme = readFileSync(join(folder, 'README.md'), 'utf8');
  for (const summary of [expected.equities, expected.spot]) {
    assert.ok(readme.includes(summary.sha256), 'hash');
    assert.ok(readme.includes(summary.bytes.toLocaleString('en-US')), 'bytes');
  }
});

test('the simulator uses no arithmetic that may differ between machines, no clock and no other randomness', () => {
  const sources = join(repositoryRoot(), 'src', 'sim');
  for (const file of readdirSync(sources)) {
    const text = readFileSync(join(sources, file), 'utf8').replaceAll(/\/\*[\s\S]*?\*\/|\/\/.*/g, '');
    const forbidden =
      /\bMath\.(?!floor|ceil|abs|sqrt|min|max)\w+|\bDate\b|\bperformance\b|\*\*(?! 53n)|\bhrtime\b/.exec(text);
    assert.equal(forbidden, null, `${file}: ${forbidden?.[0]}`);
  }
});

test('every seed makes a market that holds its rules, at any activity', () => {
  for (let seed = 1; seed <= 4; seed++) {
    const options = { seed, activity: [0.001, 0.02, 0.05, 0.1][seed % 4] };
    const equities = new ItchReplay();
    equities.run(generateEquities(options).content);
    assert.deepEqual([equities.outOfPriority, equities.crossedWhileTrading], [0, 0]);
    assert.equal(Object.keys(equities.counts).length, 23);
    const spot = new BinanceReplay();
    spot.run(Buffer.from(generateSpot({ seed, activity: 0.02 }).content).toString('utf8'));
    assert.deepEqual([spot.gaps, spot.different], [0, 0]);
  }
});

/** Parts of a live engine by themselves: intake of messages, the ledger of assets, a feed that begins anew, whose log it is. */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { test } from 'node:test';
import type { Books } from '../../src/book/books.ts';
import { parseLive } from '../../src/config/live-identity.ts';
import { canonicalJson, parseIdentity, type RunIdentity } from '../../src/config.ts';
import { EventFlag, EventKind, eventHead } from '../../src/core/event.ts';
import { type InstrumentDef, readInstrumentPayload, writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { continuedIdentity } from '../../src/engine/live/continued.ts';
import { FeedTranslation } from '../../src/engine/live/feed-translation.ts';
import { converted } from '../../src/engine/live/intake.ts';
import { AssetLedger } from '../../src/engine/trading/asset-ledger.ts';
import { temporaryFolder } from '../support/command.ts';
import { LiveRig } from '../support/live-rig.ts';
import { writeStrategy } from '../support/trading-run.ts';

test('numbers in other units are converted exactly, or into what is no whole number', () => {
  assert.equal(converted(123, 0), 123);
  assert.equal(converted(123, 2), 12_300);
  assert.equal(converted(12_300, -2), 123);
  assert.equal(converted(12_301, -2), 123.5);
  assert.equal(converted(-12_301, -2), -123.5 + 0);
  assert.ok(!Number.isInteger(converted(1, -40)));
  assert.equal(converted(0, -40), 0);
  for (let i = 1; i < 1000; i++) {
    const value = 2 ** 53 - i * 7;
    assert.equal(Number.isInteger(converted(value, -3)), value % 1000 === 0);
  }
});

test('a ledger of assets follows fills and commissions, also where one asset is paid for another', () => {
  const ledger = new AssetLedger();
  ledger.define(0, { base: 'BTC', quote: 'USDT', priceDecimals: 2, qtyDecimals: 5 });
  ledger.define(1, { base: 'ETH', quote: 'BTC', priceDecimals: 5, qtyDecimals: 3 });
  ledger.fill(0, 100_000, 6_000_000); // 1 BTC
  ledger.pay(0, 100_000, true); // 0.001 BTC
  ledger.pay(0, 5, false); // USDT is not followed
  ledger.setBaselines(new Map([['BTC', 3e8]]));
  assert.deepEqual(ledger.assets, ['BTC', 'ETH']);
  assert.equal(ledger.expected('BTC'), 3e8);
  ledger.fill(1, 2000, 5000); // 2 ETH at 0.05 BTC
  assert.equal(ledger.expected('BTC'), 3e8 - 0.1 * 1e8);
  assert.equal(ledger.expected('ETH'), 2e8);
  ledger.fill(1, -2000, 5000);
  assert.equal(ledger.expected('BTC'), 3e8);
  assert.equal(ledger.lotUnits('BTC'), 1e3);
});

test('a feed that begins anew is put into the words of the log: its indices, and the finer units of the two', () => {
  const defs: InstrumentDef[] = [
    { instrument: 0, symbol: 'A', bookKind: 2, priceDecimals: 2, qtyDecimals: 3 },
    { instrument: 1, symbol: 'B', bookKind: 2, priceDecimals: 1, qtyDecimals: 0 },
  ];
  const memory = memoryOf(16);
  const put = (slot: number, kind: EventKind, instrument: number, values: readonly number[]): void => {
    memory.u32[slot * 16] = eventHead(kind, 1, EventFlag.Last);
    memory.u32[slot * 16 + 1] = instrument;
    values.forEach((value, i) => {
      memory.f64[slot * 8 + 3 + i] = value;
    });
  };
  const define = (slot: number, def: InstrumentDef): void => {
    put(slot, EventKind.Instrument, def.instrument, []);
    writeInstrumentPayload(memory.bytes, (slot * 8 + 3) * 8, def);
  };
  define(0, { instrument: 0, symbol: 'B', bookKind: 2, priceDecimals: 0, qtyDecimals: 2 });
  define(1, { instrument: 1, symbol: 'A', bookKind: 2, priceDecimals: 2, qtyDecimals: 3 });
  define(2, { instrument: 2, symbol: 'C', bookKind: 2, priceDecimals: 4, qtyDecimals: 4 });
  put(3, EventKind.Level, 0, [7, 9]);
  put(4, EventKind.Level, 1, [7, 9]);
  put(5, EventKind.VenueBbo, 0, [7, 9, 8, 10]);
  put(6, EventKind.Connection, 0, [1, 0]);
  put(7, EventKind.Level, 2, [7, 9]);
  new FeedTranslation({ defs } as unknown as Books).apply(memory, 0, 8);
  const def = readInstrumentPayload(memory.bytes, 24, memory.u32[1]);
  assert.deepEqual(def, { instrument: 1, symbol: 'B', bookKind: 2, priceDecimals: 1, qtyDecimals: 2 });
  const event = (slot: number) => [memory.u32[slot * 16 + 1], ...memory.f64.subarray(slot * 8 + 3, slot * 8 + 7)];
  assert.deepEqual(event(3), [1, 70, 9, 0, 0]);
  assert.deepEqual(event(4), [0, 7, 9, 0, 0]);
  assert.deepEqual(event(5), [1, 70, 9, 80, 10]);
  assert.deepEqual(event(6), [0, 1, 0, 0, 0]);
  assert.deepEqual(event(7), [2, 7, 9, 0, 0]);
});

function memoryOf(slots: number) {
  const buffer = new ArrayBuffer(slots * 64);
  return {
    f64: new Float64Array(buffer),
    u32: new Uint32Array(buffer),
    bytes: new Uint8Array(buffer),
    mask: slots - 1,
  };
}

test('a log says which run it is: its tag and midnight stay, anything else that differs is named', async (t) => {
  const folder = temporaryFolder(t);
  const strategy = writeStrategy(folder, 'onBook() {}');
  const dir = join(folder, 'log');
  const rig = await LiveRig.open({ dir, strategyDir: folder, strategy });
  rig.kill();
  const live = parseLive({
    mode: 'venue',
    tag: 'ffffffff',
    venues: [{ venue: 'binance', symbols: ['TAPEUSDT'], assets: { TAPEUSDT: { base: 'TAPE', quote: 'USDT' } } }],
  });
  const asked: RunIdentity = { ...rig.identityInForce, sessionMidnightNs: '86400000000000', live };
  const found = continuedIdentity(dir, asked);
  assert.equal(found.live?.tag, '0123abcd');
  assert.equal(found.sessionMidnightNs, '0');
  assert.throws(() => continuedIdentity(dir, { ...asked, seed: 5 }), /another run: seed is 1 there, 5 here/);
  assert.throws(
    () => continuedIdentity(dir, { ...asked, live: { ...live, mode: 'paper' } }),
    /live\.mode is "venue" there, "paper" here/,
  );
  assert.equal(continuedIdentity(join(folder, 'none'), asked), asked);
});

test('the identity of a live run comes back as it was; a spot venue of orders must say its assets', () => {
  const live = parseLive({
    mode: 'paper',
    tag: '00000000',
    venues: [{ venue: 'kraken', symbols: ['B/USD', 'A/USD'] }],
  });
  const identity: RunIdentity = {
    format: 'capture',
    seed: 1,
    sessionMidnightNs: '0',
    symbols: null,
    trading: null,
    live,
  };
  assert.deepEqual(parseIdentity(canonicalJson(identity)), identity);
  assert.throws(
    () => parseLive({ mode: 'venue', tag: '00000000', venues: [{ venue: 'binance', symbols: ['A'] }] }),
    /assets of A are missing/,
  );
  assert.doesNotThrow(() =>
    parseLive({ mode: 'venue', tag: '00000000', venues: [{ venue: 'binance-usdm', symbols: ['A'] }] }),
  );
});

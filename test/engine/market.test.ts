import assert from 'node:assert/strict';
import { test } from 'node:test';
import { EventFlag, EventKind, eventHead, Side, StaleReason } from '../../src/core/event.ts';
import { BookKind, writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { Market, MarketChange } from '../../src/engine/market.ts';

function slot(): { f64: Float64Array; u32: Uint32Array; bytes: Uint8Array } {
  const f64 = new Float64Array(8);
  return { f64, u32: new Uint32Array(f64.buffer), bytes: new Uint8Array(f64.buffer) };
}

test('events of an instrument that was never defined change nothing, though a later index is defined', () => {
  const market = new Market();
  const memory = slot();
  memory.u32[0] = eventHead(EventKind.Instrument, Side.None, 0);
  memory.u32[1] = 7;
  const def = { instrument: 7, symbol: 'REEL', bookKind: BookKind.L3, priceDecimals: 4, qtyDecimals: 0 };
  writeInstrumentPayload(memory.bytes, 24, def);
  market.apply(memory, 0);
  for (const kind of [EventKind.Stale, EventKind.Live, EventKind.Add, EventKind.Delete]) {
    for (const instrument of [3, 8, 70_000]) {
      memory.f64.fill(0);
      memory.u32[0] = eventHead(kind, Side.Bid, EventFlag.Last);
      memory.u32[1] = instrument;
      memory.f64[3] = StaleReason.Gap;
      memory.f64[4] = 100;
      assert.equal(market.apply(memory, 0), MarketChange.None, `kind ${kind}, instrument ${instrument}`);
    }
  }
  assert.equal(market.books.badValues, 3);
  assert.equal(market.books.staleReason[7], StaleReason.None);
});

import assert from 'node:assert/strict';
import { type TestContext, test } from 'node:test';
import { Prng } from '../../src/core/prng.ts';
import { sessionBase, utcMidnight } from '../../src/core/time.ts';
import { BinanceVenue } from '../../src/feed/text/binance-venue.ts';
import { DepthScan } from '../../src/feed/text/depth-scan.ts';
import { FrameError } from '../../src/feed/text/json-cursor.ts';
import { ascii } from '../../src/feed/text/json-scan.ts';
import { TextMarket } from '../../src/feed/text/market.ts';
import { decimalText, EventProbe, plainDecimal, type SeenEvent, utf8 } from '../support/event-probe.ts';

const EVENT_MS = 1_723_161_255_208;
const BASE = sessionBase(utcMidnight(BigInt(EVENT_MS) * 1_000_000n));
const SYMBOLS = ['BTCUSDT', '1000SHIBUSDT', 'X'];
const FIRST_ID = 50_093_239_189;

interface Shape {
  readonly isFutures: boolean;
  readonly isWrapped: boolean;
  readonly symbol: string;
  readonly priceDecimals: number;
  readonly qtyDecimals: number;
}

function shapeOf(random: Prng): Shape {
  return {
    isFutures: random.below(2) === 0,
    isWrapped: random.below(2) === 0,
    symbol: SYMBOLS[random.below(SYMBOLS.length)],
    priceDecimals: random.below(10),
    qtyDecimals: random.below(9),
  };
}

function digits(random: Prng, count: number): string {
  return Array.from({ length: count }, () => random.below(10)).join('');
}

function decimal(random: Prng, whole: number, decimals: number, zeros: number): string {
  const fraction = digits(random, Math.max(decimals - zeros, 0)).padEnd(decimals, '0');
  return `${1 + random.below(9)}${digits(random, whole - 1)}${decimals === 0 ? '' : `.${fraction}`}`;
}

/** Levels of any number of digits; most end in zeros, as tick sizes make them. */
function side(random: Prng, { priceDecimals, qtyDecimals }: Shape): string {
  const levels = Array.from({ length: random.below(24) }, () => {
    const odd = random.below(200);
    const price = decimal(random, 1 + random.below(odd === 0 ? 12 : 6), priceDecimals, odd === 1 ? 0 : 2);
    const qty =
      random.below(3) === 0
        ? `0${qtyDecimals === 0 ? '' : `.${'0'.repeat(qtyDecimals)}`}`
        : decimal(random, 1 + random.below(5), odd === 2 ? qtyDecimals + 1 : qtyDecimals, odd === 3 ? 0 : 3);
    return `["${odd === 4 ? price.replace(/[1-9]/g, '0') : price}","${qty}"]`;
  });
  return `[${levels.join(',')}]`;
}

function frameOf(random: Prng, shape: Shape, first: number, final: number, previous: number): string {
  const { isFutures, isWrapped, symbol } = shape;
  const time = isFutures ? `,"T":${EVENT_MS - random.below(5)}` : '';
  const ids = `"U":${first},"u":${final}${isFutures ? `,"pu":${previous}` : ''}`;
  const event = `"e":"depthUpdate","E":${EVENT_MS + random.below(1e6)}${time},"s":"${symbol}"`;
  const data = `{${event},${ids},"b":${side(random, shape)},"a":${side(random, shape)}}`;
  const stream = `${symbol.toLowerCase()}@depth${['', '@100ms', '20', '5@100ms'][Math.max(0, random.below(60) - 56)]}`;
  return isWrapped ? `{"stream":"${stream}","data":${data}}` : data;
}

const ALPHABET = '[]",.0123456789- :{}abEeTsUuT\\\xe9';

function damaged(random: Prng, frame: string): string {
  let text = frame;
  for (let edits = 1 + random.below(2); edits > 0; edits--) {
    const at = random.below(text.length);
    const letter = ALPHABET[random.below(ALPHABET.length)];
    const how = random.below(5);
    if (how === 3) text = text.slice(0, at);
    else if (how === 4) text = text.slice(0, at) + text.slice(random.below(text.length));
    else text = text.slice(0, at) + (how === 0 ? '' : letter) + text.slice(at + (how === 2 ? 0 : 1));
  }
  return text;
}

/** The frame in the middle of other bytes that look like more of it. */
function surrounded(random: Prng, text: string): { bytes: Uint8Array; from: number; to: number } {
  const before = '{"e":"depthUpdate"'.slice(0, random.below(18));
  const from = before.length;
  const latin = Buffer.from(`${before}${text}"],["1.23456789","1.23456789"]],"a":[]}}`, 'latin1');
  return { bytes: new Uint8Array(latin), from, to: from + text.length };
}

/** A venue's decoder, with or without the kernel. */
class Subject {
  readonly market = new TextMarket({ symbols: null, base: BASE });
  private readonly probe = new EventProbe();
  private readonly venue: BinanceVenue;

  constructor(plainly: boolean) {
    this.venue = new BinanceVenue(this.market, plainly);
    this.market.open(this.probe.sink);
  }

  /** The events of a frame, or what was wrong with it. */
  frame(bytes: Uint8Array, from: number, to: number): SeenEvent[] | string {
    this.market.tsRecv += 1000;
    try {
      this.venue.frame(bytes, from, to, 0);
    } catch (error) {
      assert.ok(error instanceof FrameError, String(error));
      assert.deepEqual(this.probe.take(), []);
      return `${error.message} at ${error.at}`;
    }
    return this.probe.take();
  }

  state(symbol: string): unknown {
    const name = ascii(symbol);
    const { market } = this;
    const instrument = market.instruments.known(name, 0, name.length);
    market.stats.publish(this.venue.remarks());
    return { instrument, byType: market.stats.messagesByType, notes: market.stats.notes };
  }
}

function seedOf(t: TestContext, seed: number): Prng {
  t.diagnostic(`seed ${seed}`);
  return new Prng(seed);
}

function scanner(): DepthScan {
  const scan = DepthScan.make();
  assert.ok(scan !== null, 'there is no depth-kernel.wasm: npm run build');
  return scan;
}

/** What the kernel read, as JSON.parse would give it, with exact decimals. */
function found(scan: DepthScan, bytes: Uint8Array, from: number): unknown {
  const { count, price, qty, priceDecimals, qtyDecimals } = scan;
  const levels = Array.from({ length: count }, (_, i) => [
    scan.side[i],
    decimalText(price[i], priceDecimals),
    decimalText(qty[i], qtyDecimals),
    scan.orders[i],
  ]);
  const symbol = Buffer.from(bytes.subarray(from + scan.symbolFrom, from + scan.symbolTo)).toString();
  const { eventMs, firstId, finalId, previousId, mostPrice, mostQty } = scan;
  const most = [mostPrice, mostQty];
  return { symbol, eventMs, firstId, finalId, previousId, levels, most };
}

type Levels = [string, string][];

function expected(text: string): unknown {
  const outer = JSON.parse(text);
  const data = outer.data ?? outer;
  const decimals = (element: number): number => {
    const [level] = [...data.b, ...data.a];
    return level === undefined ? 0 : (level[element].split('.')[1]?.length ?? 0);
  };
  const column = (element: number): number[] =>
    [...data.b, ...data.a].map((level) => Math.round(Number(level[element]) * 10 ** decimals(element)));
  const rows = (levels: Levels, side: number): unknown[] =>
    levels.map(([price, qty]) => [side, plainDecimal(price), plainDecimal(qty), 0]);
  return {
    symbol: data.s,
    eventMs: data.E,
    firstId: data.U,
    finalId: data.u,
    previousId: data.pu ?? -1,
    levels: [...rows(data.b, 1), ...rows(data.a, 2)],
    most: [Math.max(0, ...column(0)), Math.max(0, ...column(1))],
  };
}

test('what the kernel reads of whole and of damaged frames is what JSON.parse and exact decimals make of them', (t) => {
  const random = seedOf(t, 20_261_122);
  const scan = scanner();
  const seen = { whole: 0, damaged: 0, refused: 0 };
  for (let round = 0; round < 3_000; round++) {
    const whole = frameOf(random, shapeOf(random), FIRST_ID, FIRST_ID + random.below(50), FIRST_ID - 1);
    const isDamaged = round % 2 === 1;
    const text = isDamaged ? damaged(random, whole) : whole;
    const { bytes, from, to } = surrounded(random, text);
    if (!scan.open(bytes, from, to) || !scan.levels(1, 1)) {
      seen.refused++;
      continue;
    }
    seen[isDamaged ? 'damaged' : 'whole']++;
    assert.deepEqual(found(scan, bytes, from), expected(text), `round ${round}: ${text}`);
  }
  t.diagnostic(JSON.stringify(seen));
  assert.ok(seen.whole > 750 && seen.damaged > 50 && seen.refused > 750, JSON.stringify(seen));
});

test('numbers of every length and place of the point are read exactly, up to 15 digits', () => {
  const scan = scanner();
  for (let whole = 1; whole <= 17; whole++) {
    for (let decimals = 0; decimals <= 17; decimals++) {
      const price = `${'9876543210123456789'.slice(0, whole)}${decimals > 0 ? `.${'1234567890123456789'.slice(0, decimals)}` : ''}`;
      for (const levels of [`["${price}","2.5"]`, `["2.5","${price}"]`]) {
        const text = `{"e":"depthUpdate","E":1,"s":"X","U":7,"u":7,"b":[${levels}],"a":[]}`;
        const bytes = utf8(text);
        const isRead = scan.open(bytes, 0, bytes.length) && scan.levels(1, 1);
        assert.equal(isRead, whole + decimals <= 15, text);
        if (isRead) assert.deepEqual(found(scan, bytes, 0), expected(text));
      }
    }
  }
});

test('every byte of a frame replaced by every other one: refused, or what JSON.parse makes of it', () => {
  const scan = scanner();
  const text = '{"stream":"x@depth","data":{"e":"depthUpdate","E":12,"s":"X","U":7,"u":7,"b":[["1.5","2"]],"a":[]}}';
  for (let at = 0; at < text.length; at++) {
    for (let byte = 0; byte < 256; byte++) {
      const bytes = utf8(text);
      bytes[at] = byte;
      if (!scan.open(bytes, 0, bytes.length) || !scan.levels(1, 1)) continue;
      assert.deepEqual(found(scan, bytes, 0), expected(Buffer.from(bytes).toString()), `byte ${byte} at ${at}`);
    }
  }
});

test('the kernel says of which unit the values are multiples', () => {
  const scan = scanner();
  const bytes = utf8('{"e":"depthUpdate","E":1,"s":"X","U":7,"u":7,"b":[["1.50","200"]],"a":[["1.60","300"]]}');
  for (const [priceUnit, qtyUnit, priceHeld, qtyHeld] of [
    [1, 1, true, true],
    [10, 100, true, true],
    [100, 100, false, true],
    [10, 1000, true, false],
  ] as const) {
    assert.ok(scan.open(bytes, 0, bytes.length) && scan.levels(priceUnit, qtyUnit));
    assert.deepEqual([scan.pricesAreHeld, scan.qtysAreHeld], [priceHeld, qtyHeld]);
  }
});

test('with the kernel and without it a venue gives the same events, errors and units', (t) => {
  const random = seedOf(t, 7);
  scanner();
  const seen = { events: 0, refused: 0 };
  for (let session = 0; session < 120; session++) {
    const shape = shapeOf(random);
    const plain = new Subject(true);
    const general = new Subject(false);
    const same = (text: string): void => {
      const { bytes, from, to } = surrounded(random, text);
      const expected = general.frame(bytes, from, to);
      assert.deepEqual(plain.frame(bytes, from, to), expected, text);
      if (typeof expected === 'string') seen.refused++;
      else seen.events += expected.length;
    };
    let last = FIRST_ID;
    same(`{"lastUpdateId":${last},"symbol":"${shape.symbol}","bids":[],"asks":[]}`);
    for (let frame = 0; frame < 25; frame++) {
      const jump = random.below(40) === 0 ? random.below(5) - 2 : 0;
      const first = last + 1 + jump;
      const final = first + random.below(9) - (random.below(40) === 0 ? 1 : 0);
      const text = frameOf(random, shape, first, final, last + jump);
      if (random.below(8) === 0) same(damaged(random, text));
      same(text);
      last = final;
      if (random.below(12) === 0) {
        same(`{"lastUpdateId":${last},"symbol":"${shape.symbol}","bids":[["1.5","1"]],"asks":[]}`);
      }
    }
    assert.deepEqual(plain.state(shape.symbol), general.state(shape.symbol), `session ${session}`);
  }
  t.diagnostic(JSON.stringify(seen));
  assert.ok(seen.events > 10_000 && seen.refused > 100, JSON.stringify(seen));
});

test('a frame too long for the kernel, or of more levels, takes the general path', () => {
  const scan = scanner();
  for (const count of [1024, 1025, 6_000]) {
    const levels = Array.from({ length: count }, (_, i) => `["${10_000 + i}","1"]`).join(',');
    const text = `{"e":"depthUpdate","E":1,"s":"X","U":8,"u":8,"b":[],"a":[${levels}]}`;
    const bytes = utf8(text);
    assert.equal(scan.open(bytes, 0, bytes.length) && scan.levels(1, 1), count === 1024);
    const venue = new Subject(true);
    const snapshot = utf8('{"lastUpdateId":7,"symbol":"X","bids":[["9000","1"]],"asks":[]}');
    assert.equal(typeof venue.frame(utf8(text.replace('"b":[]', '"b":[["1","1"]]')), 0, bytes.length + 9), 'object');
    venue.frame(snapshot, 0, snapshot.length);
    const next = utf8(text.replaceAll(':8,', ':9,'));
    const events = venue.frame(next, 0, next.length);
    assert.equal(typeof events === 'object' && events.filter(({ name }) => name === 'Level').length, count);
  }
});

test('eight decimals written of everything give the same events with the kernel and without it, and are read by it', (t) => {
  const random = seedOf(t, 61_837);
  const scan = scanner();
  const seen = { events: 0, fitted: 0, finer: 0 };
  for (let session = 0; session < 40; session++) {
    const plain = new Subject(true);
    const general = new Subject(false);
    const same = (text: string): void => {
      const bytes = utf8(text);
      const expected = general.frame(bytes, 0, bytes.length);
      assert.deepEqual(plain.frame(bytes, 0, bytes.length), expected, text);
      seen.events += expected.length;
    };
    same('{"lastUpdateId":99,"symbol":"BTCUSDT","bids":[["1.50000000","0.10000000"]],"asks":[]}');
    for (let id = 100; id < 130; id++) {
      const isFiner = random.below(25) === 0;
      const level = (): string => {
        const price = `${random.below(70_000)}.${String(random.below(100)).padStart(2, '0')}${isFiner ? '10' : '00'}0000`;
        const qty = `${random.below(3)}.${String(random.below(100_000)).padStart(5, '0')}000`;
        return `["${price}","${qty}"]`;
      };
      const sides = [0, 1].map(() => Array.from({ length: random.below(4) }, level).join(','));
      const text = `{"e":"depthUpdate","E":${id},"s":"BTCUSDT","U":${id},"u":${id},"b":[${sides[0]}],"a":[${sides[1]}]}`;
      const bytes = utf8(text);
      if (scan.open(bytes, 0, bytes.length) && scan.levels(1, 1) && scan.count > 0) {
        if (scan.fit(2, 5)) seen.fitted++;
        else seen.finer++;
      }
      same(text);
    }
    assert.deepEqual(plain.state('BTCUSDT'), general.state('BTCUSDT'), `session ${session}`);
  }
  t.diagnostic(JSON.stringify(seen));
  assert.ok(seen.events > 2_000 && seen.fitted > 500 && seen.finer > 10, JSON.stringify(seen));
});

/**
 * ITCH 5.0 the plain way, after the specification's tables and without a line of src/feed/itch: messages made field by
 * field, and their events read back with BigInt. Slow, and as simple as can be.
 */
import { EventFlag, EventKind, Side, TradingState } from '../../src/core/event.ts';
import type { Prng } from '../../src/core/prng.ts';

type Kind = 'int' | 'alpha';
/** Name, offset, length, kind: the rows of the specification's message tables behind the common header. */
type Field = readonly [string, number, number, Kind];

const HEADER: readonly Field[] = [
  ['locate', 1, 2, 'int'],
  ['tracking', 3, 2, 'int'],
  ['timestamp', 5, 6, 'int'],
];

const ADD: readonly Field[] = [
  ['order', 11, 8, 'int'],
  ['side', 19, 1, 'alpha'],
  ['shares', 20, 4, 'int'],
  ['stock', 24, 8, 'alpha'],
  ['price', 32, 4, 'int'],
];
const EXECUTED: readonly Field[] = [
  ['order', 11, 8, 'int'],
  ['shares', 19, 4, 'int'],
  ['match', 23, 8, 'int'],
];
const STOCK: Field = ['stock', 11, 8, 'alpha'];

export const TABLES: Readonly<Record<string, { readonly length: number; readonly fields: readonly Field[] }>> = {
  S: { length: 12, fields: [['event', 11, 1, 'alpha']] },
  R: {
    length: 39,
    fields: [
      STOCK,
      ['market', 19, 1, 'alpha'],
      ['status', 20, 1, 'alpha'],
      ['roundLot', 21, 4, 'int'],
      ['roundOnly', 25, 1, 'alpha'],
      ['class', 26, 1, 'alpha'],
      ['subtype', 27, 2, 'alpha'],
      ['authenticity', 29, 1, 'alpha'],
      ['shortSale', 30, 1, 'alpha'],
      ['ipo', 31, 1, 'alpha'],
      ['tier', 32, 1, 'alpha'],
      ['etp', 33, 1, 'alpha'],
      ['leverage', 34, 4, 'int'],
      ['inverse', 38, 1, 'alpha'],
    ],
  },
  H: {
    length: 25,
    fields: [STOCK, ['state', 19, 1, 'alpha'], ['reserved', 20, 1, 'alpha'], ['reason', 21, 4, 'alpha']],
  },
  Y: { length: 20, fields: [STOCK, ['action', 19, 1, 'alpha']] },
  L: {
    length: 26,
    fields: [
      ['mpid', 11, 4, 'alpha'],
      ['stock', 15, 8, 'alpha'],
      ['primary', 23, 1, 'alpha'],
      ['mode', 24, 1, 'alpha'],
      ['state', 25, 1, 'alpha'],
    ],
  },
  V: {
    length: 35,
    fields: [
      ['level1', 11, 8, 'int'],
      ['level2', 19, 8, 'int'],
      ['level3', 27, 8, 'int'],
    ],
  },
  W: { length: 12, fields: [['level', 11, 1, 'alpha']] },
  K: { length: 28, fields: [STOCK, ['time', 19, 4, 'int'], ['qualifier', 23, 1, 'alpha'], ['price', 24, 4, 'int']] },
  J: {
    length: 35,
    fields: [
      STOCK,
      ['reference', 19, 4, 'int'],
      ['upper', 23, 4, 'int'],
      ['lower', 27, 4, 'int'],
      ['extension', 31, 4, 'int'],
    ],
  },
  h: { length: 21, fields: [STOCK, ['market', 19, 1, 'alpha'], ['action', 20, 1, 'alpha']] },
  A: { length: 36, fields: ADD },
  F: { length: 40, fields: [...ADD, ['mpid', 36, 4, 'alpha']] },
  E: { length: 31, fields: EXECUTED },
  C: { length: 36, fields: [...EXECUTED, ['printable', 31, 1, 'alpha'], ['price', 32, 4, 'int']] },
  X: {
    length: 23,
    fields: [
      ['order', 11, 8, 'int'],
      ['shares', 19, 4, 'int'],
    ],
  },
  D: { length: 19, fields: [['order', 11, 8, 'int']] },
  U: {
    length: 35,
    fields: [
      ['order', 11, 8, 'int'],
      ['newOrder', 19, 8, 'int'],
      ['shares', 27, 4, 'int'],
      ['price', 31, 4, 'int'],
    ],
  },
  P: { length: 44, fields: [...ADD, ['match', 36, 8, 'int']] },
  Q: {
    length: 40,
    fields: [
      ['shares', 11, 8, 'int'],
      ['stock', 19, 8, 'alpha'],
      ['price', 27, 4, 'int'],
      ['match', 31, 8, 'int'],
      ['cross', 39, 1, 'alpha'],
    ],
  },
  B: { length: 19, fields: [['match', 11, 8, 'int']] },
  I: {
    length: 50,
    fields: [
      ['paired', 11, 8, 'int'],
      ['imbalance', 19, 8, 'int'],
      ['direction', 27, 1, 'alpha'],
      ['stock', 28, 8, 'alpha'],
      ['far', 36, 4, 'int'],
      ['near', 40, 4, 'int'],
      ['reference', 44, 4, 'int'],
      ['cross', 48, 1, 'alpha'],
      ['variation', 49, 1, 'alpha'],
    ],
  },
  N: { length: 20, fields: [STOCK, ['interest', 19, 1, 'alpha']] },
  O: {
    length: 48,
    fields: [
      STOCK,
      ['eligible', 19, 1, 'alpha'],
      ['lowest', 20, 4, 'int'],
      ['highest', 24, 4, 'int'],
      ['near', 28, 4, 'int'],
      ['nearTime', 32, 8, 'int'],
      ['lower', 40, 4, 'int'],
      ['upper', 44, 4, 'int'],
    ],
  },
};

export type Values = Readonly<Record<string, number | bigint | string>>;

/** One message behind its length. Fields not named are 0 or spaces. */
export function itch(type: string, values: Values): Buffer {
  const { length, fields } = TABLES[type];
  const bytes = Buffer.alloc(2 + length);
  bytes.writeUInt16BE(length, 0);
  bytes.write(type, 2, 'latin1');
  for (const [name, offset, size, kind] of [...HEADER, ...fields]) {
    const value = values[name];
    if (kind === 'alpha') bytes.write(String(value ?? '').padEnd(size), 2 + offset, size, 'latin1');
    else {
      const digits = BigInt(value ?? 0)
        .toString(16)
        .padStart(size * 2, '0');
      bytes.write(digits, 2 + offset, size, 'hex');
    }
  }
  return bytes;
}

export interface PlainEvent {
  readonly kind: number;
  readonly side: number;
  readonly flags: number;
  readonly instrument: number;
  readonly ts: number;
  readonly price: number;
  readonly qty: number;
  readonly orderId: number;
  readonly id2: number;
  /** Of an Instrument event. */
  readonly symbol: string | null;
}

function fieldsOf(message: Buffer): Record<string, string> & { type: string } {
  const type = message.toString('latin1', 0, 1);
  const values: Record<string, string> & { type: string } = { type };
  for (const [name, offset, size, kind] of [...HEADER, ...TABLES[type].fields]) {
    const raw = message.subarray(offset, offset + size);
    values[name] = kind === 'int' ? BigInt(`0x${raw.toString('hex')}`).toString() : raw.toString('latin1');
  }
  return values;
}

/** Letters as one big-endian integer. */
function letters(text: string): number {
  return Number(BigInt(`0x${Buffer.from(text, 'latin1').toString('hex')}`));
}

const STATES: Record<string, number> = {
  T: TradingState.Trading,
  H: TradingState.Halted,
  P: TradingState.Paused,
  Q: TradingState.QuotationOnly,
};

/** The events of a whole file in which every instrument's directory message comes first. */
export function naiveItchEvents(file: Buffer): PlainEvent[] {
  const events: PlainEvent[] = [];
  const symbols = new Map<number, string>();
  for (let at = 0; at + 2 < file.length; ) {
    const length = file.readUInt16BE(at);
    const m = fieldsOf(file.subarray(at + 2, at + 2 + length));
    at += 2 + length;
    const locate = Number(m.locate);
    const ts = Number(m.timestamp);
    const push = (
      kind: number,
      price: number | string,
      qty: number | string,
      orderId: number | string,
      id2: number | string,
      { side = 0, flags = EventFlag.Last as number, instrument = locate, symbol = null as string | null } = {},
    ) => {
      const [p, q, o, i] = [price, qty, orderId, id2].map(Number);
      events.push({ kind, side, flags, instrument, ts, price: p, qty: q, orderId: o, id2: i, symbol });
    };
    const notice = (qty: number | string, orderId: number | string, id2: number | string, instrument = locate) =>
      push(EventKind.Notice, letters(m.type), qty, orderId, id2, { instrument });
    const { Last, Priced, NonPrintable, Cross, Hidden } = EventFlag;
    const restingSide = m.side === 'B' ? Side.Bid : Side.Ask;
    switch (m.type) {
      case 'S':
        push(EventKind.Session, letters(m.event), 0, 0, 0, { instrument: 0 });
        break;
      case 'R': {
        const symbol = m.stock.trimEnd();
        if (symbols.get(locate) !== symbol) push(EventKind.Instrument, 0, 0, 0, 0, { flags: 0, symbol });
        symbols.set(locate, symbol);
        notice(
          m.roundLot,
          letters(m.market + m.status + m.roundOnly + m.class + m.subtype),
          letters(m.authenticity + m.shortSale + m.ipo + m.tier + m.etp + m.inverse),
        );
        break;
      }
      case 'H':
        push(EventKind.Status, STATES[m.state] ?? 0, letters(m.reason), 0, 0);
        break;
      case 'h':
        push(EventKind.Status, STATES[m.action] ?? 0, 0, letters(m.market), 0);
        break;
      case 'Y':
        notice(letters(m.action), 0, 0);
        break;
      case 'N':
        notice(letters(m.interest), 0, 0);
        break;
      case 'L':
        notice(letters(m.mpid), letters(m.primary + m.mode + m.state), 0);
        break;
      case 'V':
        notice(m.level1, m.level2, m.level3, 0);
        break;
      case 'W':
        notice(letters(m.level), 0, 0, 0);
        break;
      case 'K': {
        const named = [...symbols].find(([, symbol]) => symbol === m.stock.trimEnd());
        notice(m.time, letters(m.qualifier), m.price, locate === 0 ? (named?.[0] ?? 0) : locate);
        break;
      }
      case 'J':
        push(EventKind.Collar, m.lower, m.reference, m.upper, m.extension);
        break;
      case 'A':
      case 'F':
        push(EventKind.Add, m.price, m.shares, m.order, 0, { side: restingSide });
        break;
      case 'E':
        push(EventKind.Execute, 0, m.shares, m.order, m.match);
        break;
      case 'C':
        push(EventKind.Execute, m.price, m.shares, m.order, m.match, {
          flags: Last | Priced | (m.printable === 'N' ? NonPrintable : 0),
        });
        break;
      case 'X':
        push(EventKind.Reduce, 0, m.shares, m.order, 0);
        break;
      case 'D':
        push(EventKind.Delete, 0, 0, m.order, 0);
        break;
      case 'U':
        push(EventKind.Replace, m.price, m.shares, m.order, m.newOrder);
        break;
      case 'P':
        push(EventKind.Trade, m.price, m.shares, m.order, m.match, {
          side: m.side === 'S' ? Side.Bid : Side.None,
          flags: Last | Hidden,
        });
        break;
      case 'Q':
        push(EventKind.Trade, m.price, m.shares, 0, m.match, { flags: Last | Cross });
        break;
      case 'B':
        push(EventKind.TradeBreak, 0, 0, 0, m.match);
        break;
      case 'I':
        push(EventKind.Auction, m.reference, m.paired, m.imbalance, m.near, {
          side: m.direction === 'B' ? Side.Bid : m.direction === 'S' ? Side.Ask : Side.None,
        });
        break;
      case 'O':
        push(EventKind.Notice, letters('O'), letters(m.eligible), m.lowest, m.highest, { flags: 0 });
        push(EventKind.Collar, m.lower, m.near, m.upper, m.nearTime);
        break;
      default:
        throw new Error(`type ${m.type}`);
    }
  }
  return events;
}

/** A file of `count` random messages of every type, behind the directory messages of `instruments` instruments. */
export function randomItchFile(prng: Prng, count: number, instruments: number): Buffer {
  const types = Object.keys(TABLES);
  const stocks = Array.from({ length: instruments }, (_, i) => `S${i + 1}`);
  const parts = stocks.map((stock, i) => itch('R', { locate: i + 1, stock, market: 'Q' }));
  let timestamp = 34_200_000_000_000;
  for (let n = 0; n < count; n++) {
    const type = types[prng.below(types.length)];
    timestamp += prng.below(1_000_000);
    const isMarketWide = type === 'S' || type === 'V' || type === 'W';
    const index = prng.below(instruments);
    const values: Record<string, number | bigint | string> = { locate: isMarketWide ? 0 : index + 1, timestamp };
    for (const [name, , size, kind] of TABLES[type].fields) {
      if (kind === 'alpha')
        values[name] = String.fromCharCode(...Array.from({ length: size }, () => 0x41 + prng.below(26)));
      else values[name] = ((BigInt(prng.u32()) << 32n) | BigInt(prng.u32())) >> (size === 4 ? 32n : 11n);
    }
    if ('stock' in values) values.stock = stocks[index];
    if ('side' in values) values.side = prng.below(2) === 0 ? 'B' : 'S';
    parts.push(itch(type, values));
  }
  return Buffer.concat(parts);
}

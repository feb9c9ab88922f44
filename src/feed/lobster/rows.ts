/** Rows of LOBSTER's two CSV files, parsed digit by digit into integers. */

const MINUS = 0x2d;
const DOT = 0x2e;
const COMMA = 0x2c;
const ZERO = 0x30;
const MAX_DIGITS = 15; // any integer of so many digits is exact
const MAX_FRACTION_DIGITS = 9;
/** What LOBSTER writes as the price of a level that is not there; its size is 0. */
const NO_LEVEL_PRICE = 9999999999;

/** Reads comma-separated integers of a line from left to right. */
class Fields {
  /** Where the next field begins; past the line's end after the last. */
  at = 0;
  private bytes: Uint8Array = new Uint8Array(0);
  private end = 0;

  open(bytes: Uint8Array, from: number, to: number): void {
    this.bytes = bytes;
    this.at = from;
    this.end = to;
  }

  get isDone(): boolean {
    return this.at > this.end;
  }

  /** The next field; NaN where it is no integer of at most 15 digits. */
  integer(): number {
    const { bytes } = this;
    let at = this.at;
    const negative = at < this.end && bytes[at] === MINUS;
    if (negative) at++;
    const first = at;
    let value = 0;
    for (; at < this.end && bytes[at] !== COMMA; at++) {
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) return Number.NaN;
      value = value * 10 + digit;
    }
    this.at = at + 1;
    if (at === first || at - first > MAX_DIGITS) return Number.NaN;
    return negative ? 0 - value : value;
  }

  /** Seconds with up to nine decimals, in ns; NaN where it is not that. */
  secondsNs(): number {
    const { bytes } = this;
    let at = this.at;
    let digits = 0;
    let fraction = -1; // digits behind the dot so far, -1 before it
    let value = 0;
    for (; at < this.end && bytes[at] !== COMMA; at++) {
      if (bytes[at] === DOT && fraction < 0) {
        fraction = 0;
        continue;
      }
      const digit = bytes[at] - ZERO;
      if (digit < 0 || digit > 9) return Number.NaN;
      value = value * 10 + digit;
      digits++;
      if (fraction >= 0) fraction++;
    }
    this.at = at + 1;
    if (digits === 0 || digits > MAX_DIGITS || fraction > MAX_FRACTION_DIGITS) return Number.NaN;
    for (let i = Math.max(fraction, 0); i < MAX_FRACTION_DIGITS; i++) value *= 10;
    return value;
  }
}

const MESSAGE_COLUMNS = ['time', 'type', 'order id', 'size', 'price', 'direction'] as const;

export const LobsterType = {
  Submission: 1,
  Cancellation: 2,
  Deletion: 3,
  Execution: 4,
  HiddenExecution: 5,
  Cross: 6,
  Halt: 7,
} as const;

/** A row of the message file. */
export class MessageRow {
  /** ns since the exchange's midnight. */
  timeNs = 0;
  /** LobsterType. */
  type = 0;
  orderId = 0;
  size = 0;
  /** 1/10,000 dollar; of a halt: -1 halted, 0 quoting, 1 trading. */
  price = 0;
  /** 1 buy, -1 sell: of the resting order. */
  direction = 0;
  private readonly fields = new Fields();

  /** Parses a line; returns null, or what is wrong with it. */
  parse(bytes: Uint8Array, from: number, to: number): string | null {
    const { fields } = this;
    fields.open(bytes, from, to);
    this.timeNs = fields.secondsNs();
    this.type = fields.integer();
    this.orderId = fields.integer();
    this.size = fields.integer();
    this.price = fields.integer();
    this.direction = fields.integer();
    return this.misfit();
  }

  private misfit(): string | null {
    const values = [this.timeNs, this.type, this.orderId, this.size, this.price, this.direction];
    const bad = values.findIndex(Number.isNaN);
    if (bad >= 0) return `column ${bad + 1} (${MESSAGE_COLUMNS[bad]}) is not a number, or is missing`;
    if (!this.fields.isDone) return 'it has more than 6 columns';
    if (this.type < LobsterType.Submission || this.type > LobsterType.Halt) return `type ${this.type} is none of 1-7`;
    if (this.type > LobsterType.Execution) return null;
    if (this.orderId < 0) return `order id ${this.orderId}`;
    if (this.size <= 0 || this.price <= 0) return `size ${this.size}, price ${this.price}`;
    if (Math.abs(this.direction) !== 1) return `direction ${this.direction} is neither 1 nor -1`;
    return null;
  }
}

/** One side of a row of the orderbook file. A key is the price, negated on the bid side: the best level is the lowest. */
export interface RowSide {
  readonly keys: Float64Array;
  readonly qtys: Float64Array;
  count: number;
}

/** A row of the orderbook file: ask price, ask size, bid price, bid size, level by level. */
export class BookRow {
  readonly levels: number;
  readonly bids: RowSide;
  readonly asks: RowSide;
  private readonly fields = new Fields();

  constructor(levels: number) {
    this.levels = levels;
    this.bids = { keys: new Float64Array(levels), qtys: new Float64Array(levels), count: 0 };
    this.asks = { keys: new Float64Array(levels), qtys: new Float64Array(levels), count: 0 };
  }

  /** Levels a side of the file that `line` is from: it has 4 columns for each. */
  static levelsOf(bytes: Uint8Array, from: number, to: number): number {
    let columns = 1;
    for (let at = from; at < to; at++) if (bytes[at] === COMMA) columns++;
    return columns >> 2;
  }

  /** Parses a line; returns null, or what is wrong with it. */
  parse(bytes: Uint8Array, from: number, to: number): string | null {
    const { fields, asks, bids } = this;
    fields.open(bytes, from, to);
    asks.count = 0;
    bids.count = 0;
    for (let level = 0; level < this.levels; level++) {
      const ask = take(asks, level, fields.integer(), fields.integer(), 1);
      const bid = take(bids, level, fields.integer(), fields.integer(), -1);
      if (ask !== null || bid !== null) return `level ${level + 1}: ${ask ?? bid}`;
    }
    return fields.isDone ? null : `it has more than ${this.levels * 4} columns`;
  }
}

/** Puts a level into a side; returns null, or what is wrong with it. */
function take(side: RowSide, level: number, price: number, size: number, sign: number): string | null {
  if (Number.isNaN(price) || Number.isNaN(size)) return 'a column is not a number, or is missing';
  if (Math.abs(price) === NO_LEVEL_PRICE && size === 0) return null;
  if (price <= 0 || size <= 0) return `price ${price}, size ${size}`;
  if (side.count !== level) return 'a level behind an empty one';
  const key = sign * price;
  if (level > 0 && key <= side.keys[level - 1]) return 'prices are not in order';
  side.keys[level] = key;
  side.qtys[level] = size;
  side.count = level + 1;
  return null;
}

/**
 * Which faults a venue makes, as text: `drop:0.01,stall:5s@30s`. A fault is its name, how often or how long, and behind an @ the
 * other of the two. Chances are of each frame, reply or order; times are a number with ms or s.
 */
import { TapeheadError } from '../core/errors.ts';

export const FAULT_NAMES = [
  'drop',
  'duplicate',
  'reorder',
  'delay',
  'truncate',
  'corrupt',
  'checksum',
  'gap',
  'stall',
  'disconnect',
  'slow-snapshot',
  'refuse-429',
  'ban-418',
  'skew',
  'reject-order',
  'lose-order',
  'lose-ack',
] as const;
export type FaultName = (typeof FAULT_NAMES)[number];

/** How a fault is written. */
type Shape = 'chance' | 'time' | 'time@chance' | 'time@time';

const SHAPES: Readonly<Record<FaultName, Shape>> = {
  drop: 'chance',
  duplicate: 'chance',
  reorder: 'chance',
  delay: 'time@chance',
  truncate: 'chance',
  corrupt: 'chance',
  checksum: 'chance',
  gap: 'chance',
  stall: 'time@time',
  disconnect: 'chance',
  'slow-snapshot': 'time@chance',
  'refuse-429': 'chance',
  'ban-418': 'chance',
  skew: 'time',
  'reject-order': 'chance',
  'lose-order': 'chance',
  'lose-ack': 'chance',
};

const SHAPE_TEXT: Readonly<Record<Shape, string>> = {
  chance: 'a chance from 0 to 1, such as 0.01',
  time: 'a time, such as -1500ms',
  'time@chance': 'a time, and if not always its chance, such as 50ms@0.1',
  'time@time': 'a time and how often, such as 5s@30s',
};

/** What every fault says, for a help text. */
export const FAULT_HELP: Readonly<Record<FaultName, string>> = {
  drop: 'a frame of market data is lost',
  duplicate: 'a frame comes twice',
  reorder: 'a frame comes behind the next one',
  delay: 'a frame, and what is behind it, comes so much later',
  truncate: 'a frame or snapshot ends too early',
  corrupt: 'a byte of a frame or snapshot is damaged (into one that JSON cannot have)',
  checksum: 'the checksum of a book is wrong',
  gap: 'an update of a book is skipped, so that the sequence has a hole',
  stall: 'a connection stays open and silent so long, every so often; what it should have said is lost',
  disconnect: 'a connection is cut where a frame should come',
  'slow-snapshot': 'a snapshot is answered so much later',
  'refuse-429': 'a request is refused with 429 and Retry-After',
  'ban-418': 'a request is refused with 418 and Retry-After',
  skew: "the venue's clock is off by so much",
  'reject-order': 'an order is refused for no reason of its own',
  'lose-order': 'an order never reaches the exchange, and is never answered',
  'lose-ack': 'an order is worked on, and never answered',
};

export interface FaultTerms {
  /** Of each chance that the fault has. */
  readonly chance: number;
  readonly timeMs: number;
  readonly everyMs: number;
}

export type FaultSpec = ReadonlyMap<FaultName, FaultTerms>;

/** Throws TapeheadError. */
export function parseFaults(text: string): FaultSpec {
  const spec = new Map<FaultName, FaultTerms>();
  for (const part of text.split(',').map((one) => one.trim())) {
    if (part === '') continue;
    const [name, ...rest] = part.split(':');
    if (!isFaultName(name)) {
      throw new TapeheadError('USAGE', `--fault ${part}: no fault has this name; there are ${FAULT_NAMES.join(', ')}`);
    }
    if (spec.has(name)) throw new TapeheadError('USAGE', `--fault ${part}: ${name} is named twice`);
    const terms = rest.length === 1 ? parseTerms(SHAPES[name], rest[0]) : null;
    if (terms === null) throw new TapeheadError('USAGE', `--fault ${part}: ${name} wants ${SHAPE_TEXT[SHAPES[name]]}`);
    spec.set(name, terms);
  }
  return spec;
}

export function isFaultName(name: string): name is FaultName {
  return (FAULT_NAMES as readonly string[]).includes(name);
}

function parseTerms(shape: Shape, text: string): FaultTerms | null {
  const [first, second, ...more] = text.split('@');
  if (more.length > 0) return null;
  if (shape === 'chance') {
    const chance = parseChance(first);
    return second === undefined && chance !== null ? { chance, timeMs: 0, everyMs: 0 } : null;
  }
  const timeMs = parseTime(first, shape === 'time');
  if (timeMs === null) return null;
  if (shape === 'time') return second === undefined ? { chance: 1, timeMs, everyMs: 0 } : null;
  if (shape === 'time@chance') {
    const chance = second === undefined ? 1 : parseChance(second);
    return chance === null ? null : { chance, timeMs, everyMs: 0 };
  }
  const everyMs = second === undefined ? null : parseTime(second, false);
  return everyMs === null || everyMs <= timeMs ? null : { chance: 1, timeMs, everyMs };
}

function parseChance(text: string): number | null {
  const chance = Number(text);
  return /^\d*\.?\d+(e-\d+)?$/.test(text) && chance >= 0 && chance <= 1 ? chance : null;
}

function parseTime(text: string, isSigned: boolean): number | null {
  const match = /^(-?\d+(?:\.\d+)?)(ms|s)$/.exec(text);
  if (match === null || (text.startsWith('-') && !isSigned)) return null;
  return Number(match[1]) * (match[2] === 's' ? 1000 : 1);
}

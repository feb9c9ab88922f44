/**
 * A live run into a directory whose log was never closed goes on with it: the log says which run it is, and its inputs, executed
 * again, bring the engine to where it stood.
 */
import { takeInventory } from '../../audit/block-source.ts';
import { nodeFs } from '../../audit/log-fs.ts';
import { LogReader } from '../../audit/log-reader.ts';
import { LogState } from '../../audit/watermark.ts';
import type { RunIdentity } from '../../config.ts';
import { TapeheadError } from '../../core/errors.ts';
import { readStart } from '../log-start.ts';
import type { RecordCursor } from '../record-queue.ts';

/** So many differences are named. */
const MAX_NAMED = 3;

/**
 * The identity of the run that the log in `directory` belongs to, or `asked` where there is none to go on with. The tag, the
 * session's midnight and what was latched are the log's; everything else must be as asked. Throws USAGE, saying what differs;
 * LOG_DAMAGED for a log that ends before it says what it is.
 */
export function continuedIdentity(directory: string, asked: RunIdentity): RunIdentity {
  const inventory = takeInventory(nodeFs, directory);
  if (inventory === null || inventory.segments.length === 0) return asked;
  const reader = new LogReader(directory);
  try {
    if (reader.watermark?.state === LogState.Closed) return asked; // whoever opens it refuses it
    const start = readStart(reader);
    if (start === null) {
      if (reader.seq === 0) return asked;
      throw new TapeheadError(
        'LOG_DAMAGED',
        `${directory}: its run was killed before it had said what it is, and did nothing; remove it and start again`,
      );
    }
    const logged = start.identity;
    const found = differences(comparable(logged), comparable(asked), '');
    if (found.length === 0) return logged;
    throw new TapeheadError(
      'USAGE',
      `${directory} holds the log of another run: ${found.slice(0, MAX_NAMED).join('; ')}; start it as it was, or choose ` +
        'another directory',
    );
  } finally {
    reader.close();
  }
}

/** The records of the log up to number `last`: what its writer appends meanwhile is not read. */
export class LoggedRecords implements RecordCursor {
  private readonly reader: LogReader;
  private readonly last: number;

  constructor(directory: string, last: number) {
    this.reader = new LogReader(directory);
    this.last = last;
  }

  next(): boolean {
    return this.reader.seq < this.last && this.reader.next();
  }

  get at(): number {
    return this.reader.at;
  }

  get u32(): Uint32Array {
    return this.reader.u32;
  }

  get f64(): Float64Array {
    return this.reader.f64;
  }

  get bytes(): Uint8Array {
    return this.reader.bytes;
  }

  get seq(): number {
    return this.reader.seq;
  }

  close(): void {
    this.reader.close();
  }
}

/** What the user asks for, without what a run fixes at its first start. */
function comparable({ trading, live, sessionMidnightNs: _, ...rest }: RunIdentity): unknown {
  return {
    ...rest,
    trading: trading === null ? null : { ...trading, latched: [] },
    live: live === undefined ? null : { ...live, tag: '' },
  };
}

/** Where two configurations differ: `seed is 1 there, 2 here`. */
function differences(there: unknown, here: unknown, path: string): string[] {
  if (JSON.stringify(there) === JSON.stringify(here)) return [];
  if (isObject(there) && isObject(here)) {
    const keys = [...new Set([...Object.keys(there), ...Object.keys(here)])].sort();
    return keys.flatMap((key) => differences(there[key], here[key], path === '' ? key : `${path}.${key}`));
  }
  return [`${path} is ${short(there)} there, ${short(here)} here`];
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function short(value: unknown): string {
  const text = value === undefined ? 'not given' : JSON.stringify(value);
  return text.length > 40 ? `${text.slice(0, 37)}...` : text;
}

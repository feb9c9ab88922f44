/** The log whose bytes FORMAT.md shows: one order added, one bbo. Prices in 1/10,000, 2026-01-02, no wall clock. */
import { openLogForRun } from '../../src/audit/open-log.ts';
import { EventFlag, EventKind, eventHead, Side } from '../../src/core/event.ts';
import { writeInstrumentPayload } from '../../src/core/instrument-def.ts';
import { RecordType } from '../../src/core/record.ts';
import { putEpochNs, sessionBase } from '../../src/core/time.ts';
import { createJournal, JournalWriter } from '../../src/ring/journal.ts';

const BASE = sessionBase(1_767_312_000_000_000_000n);
const OPEN_NS = 34_200_000_000_000;

export function writeExampleLog(directory: string): void {
  const shared = createJournal(4096, 1);
  const journal = new JournalWriter(shared);
  const { writer } = openLogForRun(directory, { shared, reader: 0 }, { sync: false });
  const { f64, u32, bytes } = journal;
  const claim = (type: number, length: number, ns: number, low: number, high: number, words: number[] = []): number => {
    const at = journal.claim(type, length);
    putEpochNs(u32, at * 2 + 4, ns, BASE);
    f64.fill(0, at + 3, at + length / 8);
    u32[at * 2 + 6] = low;
    u32[at * 2 + 7] = high;
    f64.set(words, at + 4);
    return at;
  };
  const market = (kind: EventKind, side: number, flags: number): number => {
    const at = claim(kind, 80, OPEN_NS, eventHead(kind, side, flags), 3);
    putEpochNs(u32, at * 2 + 8, OPEN_NS, BASE);
    putEpochNs(u32, at * 2 + 10, OPEN_NS, BASE);
    return at;
  };

  const start = claim(RecordType.LogStart, 48, 0, 0, 0, [1]);
  putEpochNs(u32, start * 2 + 6, 0, BASE);
  u32[start * 2 + 10] = 1;
  u32[start * 2 + 11] = 2;
  const config = claim(RecordType.Config, 40, 0, 0, 2);
  bytes.set(Buffer.from('{}'), config * 8 + 32);
  const definition = market(EventKind.Instrument, Side.None, 0);
  const def = { instrument: 3, symbol: 'AAPL', bookKind: 3, priceDecimals: 4, qtyDecimals: 0 } as const;
  writeInstrumentPayload(bytes, definition * 8 + 48, def);
  const add = market(EventKind.Add, Side.Bid, EventFlag.Last);
  f64.set([1_873_200, 100, 42, 0], add + 6);
  claim(RecordType.Bbo, 64, OPEN_NS, 8, 3, [1_873_200, 100, 0, 0]);
  claim(RecordType.Stop, 40, OPEN_NS, 0, 0, [2]);
  claim(RecordType.End, 64, OPEN_NS, 0x89abcdef, 0x01234567, [2, 1, 0, 0]);
  journal.close();
  writer.run();
}

/** `offset  16 bytes in hex  |ASCII|`, as `xxd` and its kin print them. */
export function hexDump(bytes: Uint8Array): string[] {
  const lines: string[] = [];
  for (let at = 0; at < bytes.length; at += 16) {
    const row = Buffer.from(bytes.subarray(at, at + 16));
    const hex = (row.toString('hex').match(/.{1,8}/g) ?? []).join(' ');
    const text = row.toString('latin1').replace(/[^ -~]/g, '.');
    lines.push(`${at.toString(16).padStart(6, '0')}  ${hex.padEnd(35)}  |${text}|`);
  }
  return lines;
}

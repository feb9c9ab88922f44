/** OKX's books: what is kept of one instrument, and one entry of a book channel's data. */
import { Side } from '../../core/event.ts';
import { ChainSequencer } from '../sequencer.ts';
import type { TextInstrument } from './instruments.ts';
import { ascii, type JsonScanner } from './json-scan.ts';
import { scanLevels } from './level-scan.ts';
import type { Redundancy, StreamLines } from './redundancy.ts';
import type { Rows } from './rows.ts';
import { TextBook, TextForm } from './text-book.ts';
import { StreamBook, unusedRemarks } from './venue.ts';

const BIDS = ascii('bids');
const ASKS = ascii('asks');
const TS = ascii('ts');
const CHECKSUM = ascii('checksum');
const SEQ_ID = ascii('seqId');
const PREV_SEQ_ID = ascii('prevSeqId');

export class OkxBook extends StreamBook {
  readonly sequencer = new ChainSequencer();
  /** The channel that the book is made of, the first that brought a snapshot: its number as a message type. */
  channel = -1;
  /** Its snapshot had a number: its updates must have them. */
  numbered = false;
  /** Its snapshot had a checksum: the texts are kept, and those of updates are verified. */
  checked = false;
  /** Checksums that could not be verified, because the snapshot before them had none. */
  unverified = 0;
  /** Messages of other channels with the same book. */
  otherChannels = 0;

  /** Over several lines, in live sessions: book updates, trades. Null in other recordings. */
  readonly updates: StreamLines | null;
  readonly trades: StreamLines | null;

  constructor(instrument: TextInstrument, lines: Redundancy | null) {
    super(instrument);
    this.updates = lines === null ? null : lines.stream();
    this.trades = lines === null ? null : lines.stream();
    instrument.textBook = new TextBook(TextForm.Written);
  }
}

/** {"asks":[...],"bids":[...],"ts":"...","checksum":n,"seqId":n,"prevSeqId":n}; NaN where it has no such number. */
export class OkxEntry {
  ts = Number.NaN;
  checksum = 0;
  sequence = Number.NaN;
  previous = Number.NaN;

  /** Reads an entry, its levels into `rows`. */
  read(scan: JsonScanner, rows: Rows): void {
    rows.clear(scan.bytes);
    let hasBids = false;
    let hasAsks = false;
    this.ts = Number.NaN;
    this.checksum = 0;
    this.sequence = Number.NaN;
    this.previous = Number.NaN;
    scan.beginObject();
    while (scan.nextKey()) {
      if (scan.keyIs(BIDS)) {
        if (hasBids) scan.misfit('the same key twice');
        hasBids = true;
        scanLevels(scan, rows, Side.Bid);
      } else if (scan.keyIs(ASKS)) {
        if (hasAsks) scan.misfit('the same key twice');
        hasAsks = true;
        scanLevels(scan, rows, Side.Ask);
      } else if (scan.keyIs(TS)) {
        scan.readInteger();
        this.ts = scan.number[0];
      } else if (scan.keyIs(CHECKSUM)) {
        scan.readInteger();
        this.checksum = scan.number[0];
      } else if (scan.keyIs(SEQ_ID)) {
        scan.readInteger();
        this.sequence = scan.number[0];
      } else if (scan.keyIs(PREV_SEQ_ID)) {
        scan.readInteger();
        this.previous = scan.number[0];
      } else scan.skipValue();
    }
    if (!hasBids || !hasAsks) scan.misfit('a book entry without bids and asks');
    if (Number.isNaN(this.checksum)) scan.misfit('a checksum that is no integer');
  }
}

/** What there is to say of the books, for the summary. */
export function okxBookRemarks(books: readonly OkxBook[]): string[] {
  const remarks = unusedRemarks(books);
  for (const { instrument, otherChannels, unverified } of books) {
    if (unverified > 0) {
      remarks.push(`${instrument.symbol}: ${unverified} checksums not verified: the snapshot before them had none`);
    }
    if (otherChannels > 0) {
      remarks.push(`${instrument.symbol}: ${otherChannels} messages of a second book channel ignored`);
    }
  }
  return remarks;
}

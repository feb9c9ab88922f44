/**
 * Looks things up in a log of any size: forward passes with bounded memory, and single records by their sequence number,
 * decoded with the instruments as they were defined at that point.
 */
import { LogReader, type LogReaderOptions } from '../audit/log-reader.ts';
import { type DecodedRecord, RecordDecoder } from '../audit/record-text.ts';
import { EventKind } from '../core/event.ts';
import { type InstrumentDef, readInstrumentPayload } from '../core/instrument-def.ts';
import { isMarketType, isOutputType, RecordType } from '../core/record.ts';
import { getSessionNs, type SessionBase, sessionBase } from '../core/time.ts';
import { LogSettings } from './log-settings.ts';

/** Records read on the way to the next wanted one rather than sought: about four blocks. */
const NEAR = 3000;
/** Read back at a time, looking for the input before an output. */
const BACK = 64;

/** One record, taken out of the log. Times are session ns. */
export interface FoundRecord {
  readonly seq: number;
  readonly type: number;
  readonly ns: number;
  /** Seq of the record that led to this one; 0 where it says none. */
  readonly cause: number;
  /** Market events: at the venue, and received; else NaN. */
  readonly venueNs: number;
  readonly receivedNs: number;
  readonly decoded: DecodedRecord;
}

export class LogScan {
  /** Of the log's last record that was passed. */
  lastSeq = 0;
  private readonly directory: string;
  private readonly options: LogReaderOptions;
  private readonly definitions: { readonly seq: number; readonly def: InstrumentDef }[] = [];
  private readonly config: Uint8Array[] = [];
  private midnightNs = 0n;
  private base: SessionBase = { hi: 0, lo: 0 };
  private parsed: LogSettings | null = null;
  private decoder = new RecordDecoder();
  /** How many of the definitions the decoder has taken. */
  private decodedTo = 0;

  constructor(directory: string, options: LogReaderOptions = {}) {
    this.directory = directory;
    this.options = options;
  }

  /** Of the configuration in the log. */
  get settings(): LogSettings {
    this.parsed ??= new LogSettings(Buffer.concat(this.config).toString('utf8'));
    return this.parsed;
  }

  /** As it was defined at the last record that was found. */
  instrument(index: number): InstrumentDef | undefined {
    return this.decoder.instrument(index);
  }

  /** Text of a time, as in `tapehead log`. */
  time(sessionNs: number): string {
    return this.decoder.time(this.midnightNs + BigInt(Math.round(sessionNs)));
  }

  /** Reads the log to its end, or through record `upTo`, and remembers every definition on the way. To be called once, first. */
  pass(visit: (reader: LogReader) => void, upTo = Number.POSITIVE_INFINITY): void {
    const reader = new LogReader(this.directory, this.options);
    try {
      while (this.lastSeq < upTo && reader.next()) {
        this.lastSeq = reader.seq;
        if (reader.type === EventKind.Instrument) this.define(reader);
        else if (reader.type === RecordType.LogStart || reader.type === RecordType.Config) this.begin(reader);
        visit(reader);
      }
    } finally {
      reader.close();
    }
  }

  /** Another pass over what `pass` has read; the definitions are known. */
  again(visit: (reader: LogReader) => void): void {
    const reader = new LogReader(this.directory, this.options);
    try {
      while (reader.seq < this.lastSeq && reader.next()) visit(reader);
    } finally {
      reader.close();
    }
  }

  /** The record that `reader` is at. */
  found(reader: LogReader): FoundRecord {
    const { u32, f64, at, seq, type } = reader;
    this.definedAt(seq);
    const word = at >> 2;
    const isMarket = isMarketType(type);
    return {
      seq,
      type,
      ns: getSessionNs(u32, word + 4, this.base),
      cause: hasCause(type) ? f64[(at + 32) >> 3] : 0,
      venueNs: isMarket ? getSessionNs(u32, word + 10, this.base) : Number.NaN,
      receivedNs: isMarket ? getSessionNs(u32, word + 8, this.base) : Number.NaN,
      decoded: this.decoder.decode(reader),
    };
  }

  /** The records with these numbers, as far as there are such, by number. */
  fetch(seqs: Iterable<number>): Map<number, FoundRecord> {
    const wanted = [...new Set(seqs)].filter((seq) => seq >= 1 && seq <= this.lastSeq).sort((a, b) => a - b);
    const found = new Map<number, FoundRecord>();
    if (wanted.length === 0) return found;
    const reader = new LogReader(this.directory, this.options);
    try {
      for (const seq of wanted) {
        if (seq - reader.seq > NEAR) reader.seek(seq);
        while (reader.seq < seq && reader.next());
        if (reader.seq === seq) found.set(seq, this.found(reader));
      }
    } finally {
      reader.close();
    }
    return found;
  }

  /** Number of the last input before record `seq`; 0 without one. */
  inputBefore(seq: number): number {
    const reader = new LogReader(this.directory, this.options);
    try {
      for (let window = BACK; ; window *= 4) {
        const from = Math.max(1, seq - window);
        let last = 0;
        reader.seek(from);
        while (reader.seq < seq - 1 && reader.next()) if (!isOutputType(reader.type)) last = reader.seq;
        if (last !== 0 || from === 1) return last;
      }
    } finally {
      reader.close();
    }
  }

  private begin(reader: LogReader): void {
    const word = reader.at >> 2;
    if (reader.type === RecordType.Config) {
      this.config.push(reader.bytes.slice(reader.at + 32, reader.at + 32 + reader.u32[word + 7]));
      return;
    }
    this.midnightNs = (BigInt(reader.u32[word + 7]) << 32n) | BigInt(reader.u32[word + 6]);
    this.base = sessionBase(this.midnightNs);
    this.decoder.sessionBaseNs = this.midnightNs;
  }

  private define(reader: LogReader): void {
    const instrument = reader.u32[(reader.at >> 2) + 7];
    const def = readInstrumentPayload(reader.bytes, reader.at + 48, instrument);
    const known = this.decoder.instrument(instrument);
    if (known !== undefined && known.symbol === def.symbol) {
      if (known.priceDecimals === def.priceDecimals && known.qtyDecimals === def.qtyDecimals) return; // nothing new
    }
    this.definitions.push({ seq: reader.seq, def });
    this.decodedTo = this.definitions.length;
    this.decoder.define(def);
  }

  /** Makes the decoder know what had been defined up to record `seq`. */
  private definedAt(seq: number): void {
    const { definitions } = this;
    if (this.decodedTo > 0 && definitions[this.decodedTo - 1].seq > seq) {
      this.decoder = new RecordDecoder();
      this.decoder.sessionBaseNs = this.midnightNs;
      this.decodedTo = 0;
    }
    while (this.decodedTo < definitions.length && definitions[this.decodedTo].seq <= seq) {
      this.decoder.define(definitions[this.decodedTo++].def);
    }
  }
}

/** Trading records say what led to them. */
function hasCause(type: number): boolean {
  return type === RecordType.VenueReport || (type >= RecordType.OrderIntent && type <= RecordType.Rescale);
}

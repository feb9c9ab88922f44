/** Raw Binance recordings: `<receive time> <message>` a line, the time in ns (19 digits), microseconds (16) or ms (13). */
import { BinanceVenue } from './binance-venue.ts';
import { FrameError } from './json-cursor.ts';
import { LineDecoder } from './lines.ts';
import { TextMarket, type TextOptions } from './market.ts';

const SPACE = 0x20;
const OPEN_BRACE = 0x7b;

class BinanceRecording extends LineDecoder {
  private readonly venue: BinanceVenue;

  constructor(market: TextMarket) {
    super(market);
    this.venue = new BinanceVenue(market);
  }

  protected line(bytes: Uint8Array, from: number, to: number): void {
    const space = bytes.indexOf(SPACE, from);
    const { market } = this;
    const tsRecv = space < 0 || space >= to ? Number.NaN : market.times.digits(bytes, from, space);
    if (Number.isNaN(tsRecv)) {
      throw new FrameError(from, 'a line begins with its receive time in 19 (ns), 16 or 13 digits and a space');
    }
    let frame = space + 1;
    while (frame < to && bytes[frame] === SPACE) frame++;
    if (frame === to || bytes[frame] !== OPEN_BRACE) throw new FrameError(frame, 'a JSON object is expected');
    market.tsRecv = tsRecv;
    this.venue.frame(bytes, frame, to, 0);
  }

  protected remarks(): string[] {
    return this.venue.remarks();
  }
}

/** Decodes raw Binance recordings, spot or futures. Books carry over from one file to the next. */
export function createBinanceDecoder(options: TextOptions): LineDecoder {
  return new BinanceRecording(new TextMarket(options));
}

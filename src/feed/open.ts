/** Opens the feed of a recording that was detected. */
import { TapeheadError } from '../core/errors.ts';
import { ChunkedFeed } from './chunked-feed.ts';
import type { DetectedRecording } from './detect.ts';
import type { Feed } from './feed.ts';
import { ItchDecoder } from './itch/decoder.ts';
import { LobsterFeed } from './lobster/feed.ts';
import { checkSymbols } from './symbols.ts';
import { createBinanceDecoder } from './text/binance.ts';
import { createCaptureFeed } from './text/capture.ts';

export interface OpenOptions {
  /** Only these instruments; null: all. */
  readonly symbols: readonly string[] | null;
}

export function openFeed(recording: DetectedRecording, options: OpenOptions): Feed {
  const { paths, sessionBase: base } = recording;
  switch (recording.format) {
    case 'itch50': {
      const decoder = new ItchDecoder(options);
      const atEnd = () => checkSymbols(options.symbols, decoder.directory.seenSymbols());
      return new ChunkedFeed(paths, decoder, { atEnd });
    }
    case 'lobster':
      return new LobsterFeed(recording.lobster, options);
    case 'binance': {
      const decoder = createBinanceDecoder({ symbols: options.symbols, base });
      return new ChunkedFeed(paths, decoder, { atEnd: () => checkSymbols(options.symbols, decoder.seenSymbols()) });
    }
    case 'capture':
      return createCaptureFeed(paths, { symbols: options.symbols, base });
    default:
      throw new TapeheadError('FORMAT', `${String(recording.format)} is not a recording format`);
  }
}

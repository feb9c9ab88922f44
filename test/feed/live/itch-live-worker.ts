/** A live ITCH feed and its books on a thread of their own: posts the lines' ports, then what it came to. */
import { parentPort, workerData } from 'node:worker_threads';
import { ItchLiveFeed } from '../../../src/feed/live/itch/feed.ts';
import type { ItchLiveOptions } from '../../../src/feed/live/itch/options.ts';
import { LiveBooks } from './itch-support.ts';

const feed = new ItchLiveFeed(workerData as ItchLiveOptions);
const books = new LiveBooks();
parentPort?.postMessage(await feed.open());
const { stats } = await feed.run(books.sink, books);
parentPort?.postMessage({ hash: books.hash(), messages: books.sink.messages, notes: stats.notes });

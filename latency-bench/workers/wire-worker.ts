/**
 * The thread of the benchmark `wire-to-wire`: UDP in → arbiter → decoder → ring → engine (journal, books) → an order of the
 * touch → UDP out, all on one thread, which spins: the client has the other core.
 */

import { pinThisThread } from '../../src/core/affinity.ts';
import { monotonicNs } from '../../src/core/clock.ts';
import { ENGINE_BATCH, FEED_RING_SLOTS } from '../../src/core/limits.ts';
import { Engine } from '../../src/engine/engine.ts';
import { ItchLiveFeed } from '../../src/feed/live/itch/feed.ts';
import { parseUdpAddress, type UdpAddress } from '../../src/feed/live/itch/udp-address.ts';
import { openUdpSockets, type UdpLibrary, type UdpSockets } from '../../src/feed/live/itch/udp-sockets.ts';
import { EventSink } from '../../src/feed/sink.ts';
import { createJournal, JournalReader, JournalWriter } from '../../src/ring/journal.ts';
import { createSpsc, SpscReader, SpscWriter } from '../../src/ring/spsc.ts';
import { ORDER_BYTES } from '../wire-script.ts';
import { serve } from './crew.ts';

export type WireJob =
  | { readonly kind: 'open'; readonly library: UdpLibrary }
  | { readonly kind: 'run'; readonly clientPort: number };

export interface WireAnswer {
  readonly port: number;
  readonly pinned: string;
  readonly orders: number;
  readonly messages: number;
  readonly lost: number;
}

const JOURNAL_BYTES = 1 << 20;

class Server {
  readonly feed: ItchLiveFeed;
  readonly pinned = pinThisThread(0);
  private readonly engine: Engine;
  private readonly input: SpscReader;
  private readonly sink: EventSink;
  private readonly journal: JournalWriter;
  private readonly records: JournalReader;
  private readonly out: UdpSockets;
  private readonly order = new Uint8Array(ORDER_BYTES);
  private readonly words = new Uint32Array(this.order.buffer);
  private orders = 0;

  constructor(library: UdpLibrary, out: UdpSockets) {
    this.out = out;
    const line = { via: 'udp', a: '127.0.0.1:0', library, wait: 'spin' } as const;
    const options = { line, session: 'BENCH', symbols: null, sessionBase: { hi: 0, lo: 0 }, record: null };
    this.feed = new ItchLiveFeed(options);
    const ring = createSpsc(FEED_RING_SLOTS);
    this.input = new SpscReader(ring);
    this.sink = new EventSink(new SpscWriter(ring));
    const memory = createJournal(JOURNAL_BYTES, 1);
    this.journal = new JournalWriter(memory);
    this.records = new JournalReader(memory, 0);
    this.engine = new Engine(this.input, this.journal, {
      base: { hi: 0, lo: 0 },
      seed: 1,
      config: '{}',
      formatVersion: 1,
      trading: null,
    });
  }

  async run(client: UdpAddress): Promise<Omit<WireAnswer, 'port'>> {
    const untilNs = monotonicNs() + 60e9;
    await this.feed.run(this.sink, {
      stopRequested: () => monotonicNs() > untilNs,
      progress: () => this.answer(client),
    });
    this.out.close();
    const lost = this.feed.arbiter?.lostMessages ?? 0;
    return { pinned: this.pinned, orders: this.orders, messages: this.sink.messages, lost };
  }

  private answer(client: UdpAddress): void {
    const { engine, input, words } = this;
    if (engine.doWork(ENGINE_BATCH) === 0) return;
    this.journal.publish();
    const { books } = engine.market;
    const instrument = input.u32[(((input.cursor - 1) & input.mask) << 4) + 1];
    books.readTouch(instrument);
    words[0] = ++this.orders;
    words[1] = instrument;
    for (let i = 0; i < 4; i++) words[2 + i] = books.touch[i];
    this.out.send(0, this.order, client);
    this.records.release(this.records.poll());
  }
}

let server: Server | null = null;

serve(async (job: WireJob): Promise<WireAnswer> => {
  if (job.kind === 'open') {
    const { sockets } = await openUdpSockets([parseUdpAddress('127.0.0.1:0', 'order line')], 1 << 20, job.library);
    if (sockets.library !== job.library) throw new Error(`${job.library} does not load`);
    server = new Server(job.library, sockets);
    const [port] = await server.feed.open();
    return { port, pinned: server.pinned, orders: 0, messages: 0, lost: 0 };
  }
  if (server === null) throw new Error('open comes first');
  const answer = await server.run(parseUdpAddress(`127.0.0.1:${job.clientPort}`, 'client'));
  return { port: 0, ...answer };
});

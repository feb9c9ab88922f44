/** Every format, bytes to events in the sink, without books; beside the JSON formats `JSON.parse` of the same bytes. */
import { readFileSync } from 'node:fs';
import { EventKind } from '../../src/core/event.ts';
import { detectRecording } from '../../src/feed/detect.ts';
import type { Decoder } from '../../src/feed/feed.ts';
import { ItchDecoder } from '../../src/feed/itch/decoder.ts';
import { openFeed } from '../../src/feed/open.ts';
import { createBinanceDecoder } from '../../src/feed/text/binance.ts';
import { CaptureDecoder } from '../../src/feed/text/capture-decoder.ts';
import {
  type BenchContext,
  type Benchmark,
  type BenchResult,
  best,
  check,
  type Figure,
  type Goal,
  type Json,
} from '../benchmark.ts';
import { bytesOf, lobsterInput, marketData, ownRecording, type TextInput, textInputs } from '../decode-inputs.ts';
import { JsonPeer } from '../decode-peers.ts';
import { type Row, Tally, TallySink } from '../decode-tally.ts';
import { DepthRun, depthFrames, emptyFrames, FRAME_BYTES } from '../depth-frames.ts';

const ROUNDS = 7;
const WARM_UP_MS = 1_500;
const UNIT = 'ns/message';
const NEWLINE = 0x0a;
const DEPTH_FRAMES = 2_000;
const DEPTH_EVENTS = 40;

export const benchmark: Benchmark = {
  name: 'decode',
  summary: 'bytes to events in the sink, every format, no books; JSON.parse + Number of the same bytes beside it',
  run,
};

/** What the cases add to the result. */
interface Report {
  readonly figures: Figure[];
  readonly notes: string[];
  readonly formats: { [name: string]: Json };
  readonly goals: Goal[];
}

async function run(context: BenchContext): Promise<BenchResult> {
  const report: Report = { figures: [], notes: [], formats: {}, goals: [] };
  context.progress('Binance depth update of 20 + 20 levels');
  depthCase(report, context.smoke);
  const { inputs, absent } = textInputs(context.smoke);
  for (const input of inputs) {
    context.progress(input.name);
    await textCase(report, input, context.smoke);
  }
  if (absent.length > 0) report.notes.push(`not there, left out: ${absent.join(', ')} (../shared/market-data)`);
  context.progress('ITCH 5.0');
  const aapl = marketData('itch50/AAPL_20200130_locate13_first10k.itch50');
  if (aapl !== null) await itchCase(report, 'ITCH 5.0, AAPL', aapl, context.smoke);
  const own = ownRecording('equities-session.itch50.gz');
  await itchCase(report, 'ITCH 5.0, own session', own, context.smoke);
  context.progress('LOBSTER');
  await lobsterCase(report, context);
  const { figures, notes, formats, goals } = report;
  return { figures, latencies: [], goals, notes, topology: 'one thread', details: { formats } };
}

/**
 * Ours and the peer's in turn, so that both see the same machine; what comes before is not counted: at least a round, and
 * as many as fit the time, until the compiler is done with both (a capture of 1 MB takes ten times as long at first).
 */
function alternate(smoke: boolean, measures: readonly (() => number)[]): number[][] {
  const runs: number[][] = measures.map(() => []);
  const warmUntil = performance.now() + WARM_UP_MS;
  if (!smoke) {
    do for (const measure of measures) measure();
    while (performance.now() < warmUntil);
  }
  for (let round = 0; round < (smoke ? 1 : ROUNDS); round++) {
    for (const [i, measure] of measures.entries()) runs[i].push(measure());
  }
  return runs;
}

function figure(report: Report, name: string, runs: readonly number[]): number {
  const one: Figure = { name, unit: UNIT, better: 'lower', runs };
  report.figures.push(one);
  return best(one);
}

/** The update that performance.md speaks of, frame by frame as a live connection would hand them over. */
function depthCase(report: Report, smoke: boolean): void {
  const count = smoke ? 50 : DEPTH_FRAMES;
  const frames = depthFrames(count, 20);
  const texts = Array.from({ length: count }, (_, i) => textOf(frames, i * FRAME_BYTES, (i + 1) * FRAME_BYTES));
  const peer = new JsonPeer('binance', false);
  const tally = new Tally();
  new DepthRun(frames, FRAME_BYTES, tally).run(1, count);
  const peerTally = new Tally();
  for (const text of texts) {
    peer.frame(JSON.parse(text));
    check(peer.count === DEPTH_EVENTS, `a frame of ${peer.count} levels`);
    fold(peer, peerTally);
  }
  check(
    tally.text() === peerTally.text(),
    `depth updates: ${tally.text()} decoded, JSON.parse has ${peerTally.text()}`,
  );
  const ours = new DepthRun(frames, FRAME_BYTES, null);
  const empty = emptyFrames(count);
  const entry = new DepthRun(empty.frames, empty.bytes, null);
  const timed = (text: (i: number) => string) => (): number => {
    const start = process.hrtime.bigint();
    for (let i = 0; i < count; i++) peer.frame(JSON.parse(text(i)));
    return Number(process.hrtime.bigint() - start) / count;
  };
  // The first frame waited for the snapshot: run from the second on, so that every frame of a round is the next.
  let due = ours.events;
  const [oursNs, bytesNs, textNs, entryNs] = alternate(smoke, [
    () => {
      const ns = ours.run(1, count);
      check(ours.events - due === (count - 1) * DEPTH_EVENTS, `${ours.events - due} events of ${count - 1} frames`);
      due = ours.events;
      return ns;
    },
    timed((i) => textOf(frames, i * FRAME_BYTES, (i + 1) * FRAME_BYTES)),
    timed((i) => texts[i]),
    () => entry.run(1, count),
  ]);
  const name = 'Binance depth update, 20 + 20 levels';
  const mine = figure(report, name, oursNs);
  const theirs = figure(report, `${name}: JSON.parse of bytes`, bytesNs);
  const ready = figure(report, `${name}: JSON.parse of a string that is there`, textNs);
  const entryCost = figure(report, 'Binance depth update without levels (cost of a frame)', entryNs);
  report.goals.push({
    name: `${name}: JSON.parse against ours`,
    value: theirs / mine,
    unit: 'x',
    limit: 10,
    better: 'higher',
  });
  report.notes.push(
    `${name}, ${FRAME_BYTES} bytes: ${(theirs / mine).toFixed(1)} times as fast as JSON.parse + Number from the same bytes, ` +
      `${(ready / mine).toFixed(1)} times from strings; ${entryCost.toFixed(0)} ns of it before the first level; ` +
      `same prices and quantities: ${tally.text()}`,
  );
}

function fold(peer: JsonPeer, tally: Tally): void {
  for (let i = 0; i < peer.count; i++) tally.add(peer.row[i] as Row, peer.price[i], peer.qty[i]);
}

function textOf(bytes: Uint8Array, from: number, to: number): string {
  return Buffer.from(bytes.buffer, bytes.byteOffset + from, to - from).toString('utf8');
}

async function textCase(report: Report, input: TextInput, smoke: boolean): Promise<void> {
  const { name, venue, isCapture, path } = input;
  const bytes = await bytesOf({ path, entry: null });
  const { sessionBase } = await detectRecording([path]);
  const options = { symbols: null, base: sessionBase };
  const make = (): Decoder => (isCapture ? new CaptureDecoder(options) : createBinanceDecoder(options));
  const tally = new Tally();
  const counted = decodeAll(make(), bytes, tally);
  const peer = new JsonPeer(venue, isCapture);
  const peerTally = new Tally();
  eachLine(bytes, (text) => peer.survey(text));
  eachLine(bytes, (text) => {
    peer.line(text);
    fold(peer, peerTally);
  });
  check(tally.text() === peerTally.text(), `${name}: ${tally.text()} decoded, JSON.parse has ${peerTally.text()}`);
  const { messages, events } = counted;
  const [oursNs, peerNs] = alternate(smoke, [
    () => decodeAll(make(), bytes, null).elapsedNs / messages,
    () => {
      const start = process.hrtime.bigint();
      eachLine(bytes, (text) => peer.line(text));
      return Number(process.hrtime.bigint() - start) / messages;
    },
  ]);
  const mine = figure(report, name, oursNs);
  const theirs = figure(report, `${name}: JSON.parse`, peerNs);
  conclude(
    report,
    name,
    messages,
    events,
    bytes.length,
    mine,
    `${(theirs / mine).toFixed(1)} times as fast as JSON.parse`,
  );
}

function eachLine(bytes: Uint8Array, visit: (text: string) => void): void {
  const lines = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  for (let at = 0; at < bytes.length; ) {
    const newline = lines.indexOf(NEWLINE, at);
    const end = newline < 0 ? bytes.length : newline;
    if (end > at) visit(textOf(bytes, at, end));
    at = end + 1;
  }
}

interface Decoded {
  readonly messages: number;
  readonly events: number;
  readonly elapsedNs: number;
  readonly sink: TallySink;
}

function decodeAll(decoder: Decoder, bytes: Uint8Array, tally: Tally | null): Decoded {
  const sink = new TallySink(tally);
  decoder.beginFile('recording');
  const start = process.hrtime.bigint();
  const next = decoder.decode(bytes, 0, bytes.length, sink.sink);
  decoder.endFile(bytes, next, bytes.length, sink.sink);
  sink.drain();
  const elapsedNs = Number(process.hrtime.bigint() - start);
  return { messages: sink.sink.messages, events: sink.sink.events, elapsedNs, sink };
}

function conclude(
  report: Report,
  name: string,
  messages: number,
  events: number,
  bytes: number,
  nsPerMessage: number,
  checked: string,
): void {
  const seconds = (nsPerMessage * messages) / 1e9;
  const mbPerS = bytes / 1e6 / seconds;
  const eventsPerS = events / seconds;
  report.formats[name] = { messages, events, bytes, nsPerMessage, mbPerS, eventsPerS };
  report.notes.push(
    `${name}: ${messages} messages, ${events} events: ${mbPerS.toFixed(0)} MB/s, ${(eventsPerS / 1e6).toFixed(2)} M events/s; ${checked}`,
  );
}

/** Checked by a walk over the messages that knows three of their layouts. */
async function itchCase(report: Report, name: string, path: string, smoke: boolean): Promise<void> {
  const bytes = await bytesOf({ path, entry: null }, smoke ? 1 << 21 : undefined);
  const view = new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
  const expected = { messages: 0, added: 0, shares: 0, executed: 0 };
  for (let at = 0; at + 2 < bytes.length; ) {
    const length = view.getUint16(at);
    if (at + 2 + length > bytes.length) break;
    const type = String.fromCharCode(view.getUint8(at + 2));
    expected.messages++;
    if (type === 'A' || type === 'F') {
      expected.added++;
      expected.shares += view.getUint32(at + 22);
    } else if (type === 'E' || type === 'C') expected.executed += view.getUint32(at + 21);
    at += 2 + length;
  }
  const { sink, messages, events } = decodeAll(new ItchDecoder({ symbols: null }), bytes, new Tally());
  const { kinds, qty } = sink;
  const found = { messages, added: kinds[EventKind.Add], shares: qty[EventKind.Add], executed: qty[EventKind.Execute] };
  check(
    JSON.stringify(found) === JSON.stringify(expected),
    `${name}: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`,
  );
  const [runs] = alternate(smoke, [
    () => decodeAll(new ItchDecoder({ symbols: null }), bytes, null).elapsedNs / messages,
  ]);
  const mine = figure(report, name, runs);
  conclude(
    report,
    name,
    messages,
    events,
    bytes.length,
    mine,
    `${found.shares} shares added, ${found.executed} executed`,
  );
}

/** The feed as it is, with the reading of its plain files. Checked against the rows split at their commas. */
async function lobsterCase(report: Report, context: BenchContext): Promise<void> {
  const input = await lobsterInput(context.folder(), context.smoke);
  const expected = { messages: 0, added: 0, shares: 0, executed: 0 };
  for (const line of readFileSync(input.messagePath, 'latin1').split('\n')) {
    const [, type, , size] = line.split(',');
    if (type === undefined) continue;
    expected.messages++;
    if (type === '1') {
      expected.added++;
      expected.shares += Number(size);
    } else if (type === '4') expected.executed += Number(size);
  }
  const recording = await detectRecording([...input.paths]);
  const feed = async (tally: Tally | null): Promise<Decoded> => {
    const sink = new TallySink(tally);
    const start = process.hrtime.bigint();
    const control = { stopRequested: () => false, progress: () => {} };
    await openFeed(recording, { symbols: null }).run(sink.sink, control);
    sink.drain();
    const elapsedNs = Number(process.hrtime.bigint() - start);
    return { messages: sink.sink.messages, events: sink.sink.events, elapsedNs, sink };
  };
  const { sink, messages, events } = await feed(new Tally());
  const { kinds, qty } = sink;
  const found = { messages, added: kinds[EventKind.Add], shares: qty[EventKind.Add], executed: qty[EventKind.Execute] };
  check(
    JSON.stringify(found) === JSON.stringify(expected),
    `LOBSTER: ${JSON.stringify(found)}, not ${JSON.stringify(expected)}`,
  );
  const runs: number[] = [];
  for (let round = 0; round < (context.smoke ? 1 : ROUNDS); round++) runs.push((await feed(null)).elapsedNs / messages);
  const mine = figure(report, 'LOBSTER', runs);
  conclude(report, 'LOBSTER', messages, events, input.bytes, mine, input.origin);
}

/** One websocket of OKX' public side: "ping", subscribe and unsubscribe, and their refusals. */
import { type Connection, jsonObject, type Line, type ProtocolServices } from '../protocol.ts';
import type { OkxStreams } from './streams.ts';

/** Subscribe, unsubscribe and login requests of one connection. */
const REQUESTS = 480;
const WINDOW_US = 3_600_000_000;
/** Nothing in either direction for so long: the venue hangs up. */
const SILENCE_US = 30_000_000;
const NO_DATA_CLOSE = 4004;

export class OkxConnection implements Connection {
  private readonly services: ProtocolServices;
  private readonly streams: OkxStreams;
  private readonly gone: () => void;
  private line: Line | null = null;
  private windowUs = 0;
  private requests = 0;
  private lastUs: number;

  constructor(services: ProtocolServices, streams: OkxStreams, gone: () => void) {
    this.services = services;
    this.streams = streams;
    this.gone = gone;
    this.lastUs = services.nowUs();
  }

  open(line: Line): void {
    this.line = line;
  }

  closed(): void {
    if (this.line !== null) this.streams.leave(this.line);
    this.gone();
  }

  pulse(): void {
    const { line } = this;
    if (line === null) return;
    if (this.streams.lastSentUs(line) > this.lastUs) this.lastUs = this.streams.lastSentUs(line);
    if (this.services.nowUs() - this.lastUs > SILENCE_US) line.close(NO_DATA_CLOSE, 'No data received in 30s.');
  }

  message(frame: Buffer, _isBinary: boolean): void {
    const text = frame.toString('utf8');
    this.lastUs = this.services.nowUs();
    if (text === 'ping') this.line?.send('pong', 'control');
    else this.request(jsonObject(frame), text);
  }

  private request(request: Readonly<Record<string, unknown>> | null, text: string): void {
    const op = request?.op;
    const args = request?.args;
    if ((op !== 'subscribe' && op !== 'unsubscribe') || !Array.isArray(args) || args.length === 0) {
      this.turnDown('60012', `Invalid request: ${text.slice(0, 200)}`);
      return;
    }
    if (this.isTooMany()) {
      this.turnDown('60014', 'Requests too frequent.');
      return;
    }
    for (const arg of args) this.one(op, arg);
  }

  private one(op: 'subscribe' | 'unsubscribe', arg: unknown): void {
    const { channel, instId } = (arg ?? {}) as { channel?: unknown; instId?: unknown };
    const { line } = this;
    if (line === null) return;
    const known = typeof channel === 'string' && typeof instId === 'string' && this.streams.has(channel, instId);
    if (!known) {
      const what = `channel:${String(channel)},instId:${String(instId)}`;
      const help = 'Please use the correct URL, channel and parameters referring to API document.';
      this.turnDown('60018', `Wrong URL or ${what} doesn't exist. ${help}`);
      return;
    }
    line.send(JSON.stringify({ event: op, arg: { channel, instId }, connId: this.id() }), 'control');
    if (op === 'subscribe') this.streams.join(line, channel, instId);
    else this.streams.leave(line, channel, instId);
  }

  private isTooMany(): boolean {
    const nowUs = this.services.nowUs();
    if (nowUs - this.windowUs >= WINDOW_US) {
      this.windowUs = nowUs;
      this.requests = 0;
    }
    return ++this.requests > REQUESTS;
  }

  private turnDown(code: string, msg: string): void {
    this.line?.send(JSON.stringify({ event: 'error', code, msg, connId: this.id() }), 'control');
  }

  private id(): string {
    return (this.line?.id ?? 0).toString(16).padStart(8, '0');
  }
}

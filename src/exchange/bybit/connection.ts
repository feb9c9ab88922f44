/** One websocket of Bybit's public spot side: ping, subscribe and unsubscribe, and their refusals. */
import { type Connection, jsonObject, type Line } from '../protocol.ts';
import type { BybitStreams } from './streams.ts';

/** Topics of one request, for spot. */
const MAX_ARGS = 10;

type Request = Readonly<Record<string, unknown>>;

export class BybitConnection implements Connection {
  private readonly streams: BybitStreams;
  private line: Line | null = null;

  constructor(streams: BybitStreams) {
    this.streams = streams;
  }

  open(line: Line): void {
    this.line = line;
  }

  closed(): void {
    if (this.line !== null) this.streams.leave(this.line);
  }

  message(frame: Buffer, _isBinary: boolean): void {
    const request = jsonObject(frame);
    const op = request?.op;
    if (request === null || typeof op !== 'string') this.answer(false, 'error:invalid request', '', {});
    else if (op === 'ping') this.answer(true, 'pong', 'ping', request);
    else if (op === 'subscribe' || op === 'unsubscribe') this.topics(op, request);
    else this.answer(false, 'error:invalid op', op, request);
  }

  /** A request with one topic that can't be had is refused whole. */
  private topics(op: 'subscribe' | 'unsubscribe', request: Request): void {
    const { line, streams } = this;
    const topics = request.args;
    if (line === null) return;
    if (!Array.isArray(topics) || topics.length === 0) {
      this.answer(false, 'error:invalid args', op, request);
      return;
    }
    if (topics.length > MAX_ARGS) {
      this.answer(false, 'args size >10', op, request);
      return;
    }
    const unknown = topics.find((topic) => typeof topic !== 'string' || !streams.has(topic));
    if (unknown !== undefined) {
      this.answer(false, `error:handler not found,topic:${String(unknown)}`, op, request);
      return;
    }
    const twice = op === 'subscribe' ? topics.find((topic) => streams.isIn(line, topic)) : undefined;
    if (twice !== undefined) {
      this.answer(false, `error:already subscribed,topic:${String(twice)}`, op, request);
      return;
    }
    this.answer(true, op === 'subscribe' ? 'subscribe' : '', op, request);
    for (const topic of topics) {
      if (op === 'subscribe') streams.join(line, topic);
      else streams.leave(line, topic);
    }
  }

  private answer(success: boolean, message: string, op: string, request: Request): void {
    const id = typeof request.req_id === 'string' ? { req_id: request.req_id } : {};
    const text = JSON.stringify({ success, ret_msg: message, conn_id: `conn-${this.line?.id ?? 0}`, ...id, op });
    this.line?.send(text, 'control');
  }
}

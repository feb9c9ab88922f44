/** REST requests of one venue on kept-alive connections. Never retries: whoever asks knows whether it may be asked twice. */
import http from 'node:http';
import https from 'node:https';
import { type Answer, lost } from './answer.ts';
import { isObject, parseJson } from './facts.ts';
import type { RateLimits } from './rate-limits.ts';

/** Longest answer that is taken; exchangeInfo of all symbols is some 15 MB. */
const MAX_BODY_BYTES = 64 << 20;
/** Errors of connecting: not a byte was sent. */
const NOT_SENT: readonly string[] = ['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH'];

export class RestClient {
  private readonly base: URL;
  private readonly agent: http.Agent;
  private readonly limits: RateLimits;
  private readonly timeoutMs: number;

  /** `base`: such as https://api.binance.com; a path in it stands before every other. */
  constructor(base: string, limits: RateLimits, timeoutMs: number) {
    this.base = new URL(base);
    this.limits = limits;
    this.timeoutMs = timeoutMs;
    const options = { keepAlive: true, maxSockets: 4 };
    this.agent = this.base.protocol === 'https:' ? new https.Agent(options) : new http.Agent(options);
  }

  /** `pathAndQuery` as it goes on the wire. Resolves always. */
  request(method: string, pathAndQuery: string, apiKey: string | null, withinMs = this.timeoutMs): Promise<Answer> {
    return new Promise((resolve) => {
      const client = this.base.protocol === 'https:' ? https : http;
      const headers: Record<string, string> = apiKey === null ? {} : { 'X-MBX-APIKEY': apiKey };
      const request = client.request(this.address(pathAndQuery), { method, agent: this.agent, headers }, (response) => {
        const chunks: Buffer[] = [];
        let size = 0;
        response.on('data', (chunk: Buffer) => {
          size += chunk.length;
          if (size <= MAX_BODY_BYTES) chunks.push(chunk);
          else request.destroy();
        });
        response.on('error', () => resolve(lost('the connection broke within the answer', true)));
        response.on('aborted', () => resolve(lost('the connection broke within the answer', true)));
        response.on('end', () => {
          this.limits.learnHeaders(response.headers, Date.now());
          resolve(answerOf(response.statusCode ?? 0, response.headers, Buffer.concat(chunks).toString('utf8')));
        });
      });
      // Of the whole answer: one that drips would never end, and the order that waits for it never be asked about.
      const late = setTimeout(() => request.destroy(new Error('no answer in time')), withinMs);
      request.on('close', () => clearTimeout(late));
      request.on('error', (error: NodeJS.ErrnoException) =>
        resolve(lost(error.code ?? error.message, !NOT_SENT.includes(error.code ?? ''))),
      );
      request.end();
    });
  }

  private address(pathAndQuery: string): URL {
    return new URL(this.base.pathname.replace(/\/$/, '') + pathAndQuery, this.base);
  }

  close(): void {
    this.agent.destroy();
  }
}

function answerOf(status: number, headers: http.IncomingHttpHeaders, body: string): Answer {
  let parsed: unknown = null;
  let isJson = true;
  try {
    parsed = parseJson(body);
  } catch {
    isJson = false;
  }
  if (status >= 200 && status < 300 && isJson) return { ok: true, result: parsed };
  const { code, msg } = isObject(parsed) ? parsed : { code: 0, msg: '' };
  const retryAfter = Number(headers['retry-after'] ?? 0);
  const error = {
    status: status >= 200 && status < 300 ? 0 : status, // an answer that can't be read: unknown
    code: typeof code === 'number' ? code : 0,
    text: typeof msg === 'string' ? msg : '',
    retryAtMs: retryAfter > 0 ? Date.now() + retryAfter * 1000 : 0,
  };
  return { ok: false, error, wasSent: true, data: isObject(parsed) ? parsed.data : undefined };
}

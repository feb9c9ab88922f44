/** REST requests of one venue. Never retries: whoever asks knows whether it may be asked twice. */
import type { GatewayWorld, HttpHeaders, HttpLine } from '../world.ts';
import { type Answer, lost } from './answer.ts';
import { isObject, parseJson } from './facts.ts';
import type { RateLimits } from './rate-limits.ts';

/** Longest answer that is taken; exchangeInfo of all symbols is some 15 MB. */
const MAX_BODY_BYTES = 64 << 20;

export class RestClient {
  private readonly base: URL;
  private readonly line: HttpLine;
  private readonly limits: RateLimits;
  private readonly timeoutMs: number;
  private readonly world: GatewayWorld;

  /** `base`: such as https://api.binance.com; a path in it stands before every other. */
  constructor(base: string, limits: RateLimits, timeoutMs: number, world: GatewayWorld) {
    this.base = new URL(base);
    this.line = world.http(this.base);
    this.limits = limits;
    this.timeoutMs = timeoutMs;
    this.world = world;
  }

  /** `pathAndQuery` as it goes on the wire. Resolves always. */
  async request(
    method: string,
    pathAndQuery: string,
    apiKey: string | null,
    withinMs = this.timeoutMs,
  ): Promise<Answer> {
    const headers: Record<string, string> = apiKey === null ? {} : { 'X-MBX-APIKEY': apiKey };
    const url = this.address(pathAndQuery);
    const outcome = await this.line.request({ method, url, headers, withinMs, maxBodyBytes: MAX_BODY_BYTES });
    if ('lost' in outcome) return lost(outcome.lost, outcome.wasSent);
    const nowMs = this.world.wallMs();
    this.limits.learnHeaders(outcome.headers, nowMs);
    return answerOf(outcome.status, outcome.headers, outcome.body, nowMs);
  }

  private address(pathAndQuery: string): URL {
    return new URL(this.base.pathname.replace(/\/$/, '') + pathAndQuery, this.base);
  }

  close(): void {
    this.line.close();
  }
}

function answerOf(status: number, headers: HttpHeaders, body: string, nowMs: number): Answer {
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
    retryAtMs: retryAfter > 0 ? nowMs + retryAfter * 1000 : 0,
  };
  return { ok: false, error, wasSent: true, data: isObject(parsed) ? parsed.data : undefined };
}

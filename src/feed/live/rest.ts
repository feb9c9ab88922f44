/** The venue's REST interface, within its limits. */
import { messageOf } from '../../core/errors.ts';
import { Budget } from './budget.ts';
import { retryAfterMs } from './connection.ts';
import type { LiveRules } from './protocol.ts';

const TIMEOUT_MS = 10_000;
const MAX_BODY_BYTES = 64 << 20;

export interface RestAnswer {
  /** Of HTTP; 0: no answer came. */
  readonly status: number;
  readonly body: Uint8Array;
  /** What went wrong where the status is not 200; else ''. */
  readonly trouble: string;
  /** The venue asks to wait for so long. */
  readonly retryAfterMs: number;
}

export class RestClient {
  private readonly budget: Budget;
  private readonly stopping = new AbortController();

  constructor(rules: LiveRules) {
    this.budget = new Budget(rules.rest.weight, rules.rest.windowMs);
  }

  /** How long a request of this weight has to wait, ms. */
  waitMs(weight: number): number {
    return this.budget.waitMs(performance.now(), weight);
  }

  /** Never throws; `waitMs` must have been 0. */
  async get(url: string, weight: number): Promise<RestAnswer> {
    this.budget.spend(performance.now(), weight);
    const timeout = AbortSignal.timeout(TIMEOUT_MS);
    try {
      const response = await fetch(url, {
        signal: AbortSignal.any([timeout, this.stopping.signal]),
        redirect: 'error',
      });
      const length = Number(response.headers.get('content-length') ?? 0);
      if (length > MAX_BODY_BYTES) return failed(`an answer of ${length} bytes`);
      const body = new Uint8Array(await response.arrayBuffer());
      const wait = retryAfterMs(response.headers.get('retry-after'), response.status);
      if (response.status === 429 || response.status === 418) this.budget.block(performance.now() + wait);
      const trouble =
        response.status === 200
          ? ''
          : `HTTP ${response.status}: ${Buffer.from(body.subarray(0, 160)).toString('utf8')}`;
      return { status: response.status, body, trouble: trouble.replace(/\s+/g, ' '), retryAfterMs: wait };
    } catch (error) {
      if (timeout.aborted) return failed(`no answer within ${TIMEOUT_MS / 1e3} s`);
      const cause = error instanceof Error && error.cause !== undefined ? error.cause : error;
      const code = cause instanceof Error && 'code' in cause ? String(cause.code) : '';
      return failed(messageOf(cause) || code || 'no answer');
    }
  }

  /** Requests under way end without an answer. */
  stop(): void {
    this.stopping.abort();
  }
}

function failed(trouble: string): RestAnswer {
  return { status: 0, body: new Uint8Array(0), trouble, retryAfterMs: 0 };
}

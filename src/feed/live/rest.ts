/** The venue's REST interface, within its limits. */
import { messageOf } from '../../core/errors.ts';
import { Budget } from './budget.ts';
import { retryAfterMs } from './connection.ts';
import type { LiveRules } from './protocol.ts';
import { type LiveWorld, MACHINE } from './world.ts';

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
  private readonly world: LiveWorld;

  constructor(rules: LiveRules, world: LiveWorld = MACHINE) {
    this.world = world;
    this.budget = new Budget(rules.rest.weight, rules.rest.windowMs);
  }

  /** How long a request of this weight has to wait, ms. */
  waitMs(weight: number): number {
    return this.budget.waitMs(this.world.nowMs(), weight);
  }

  /** Never throws; `waitMs` must have been 0. */
  async get(url: string, weight: number): Promise<RestAnswer> {
    const { world } = this;
    this.budget.spend(world.nowMs(), weight);
    try {
      const { status, retryAfter, body } = await world.get(url, TIMEOUT_MS, MAX_BODY_BYTES, this.stopping.signal);
      const wait = retryAfterMs(retryAfter, status);
      if (status === 429 || status === 418) this.budget.block(world.nowMs() + wait);
      const trouble = status === 200 ? '' : `HTTP ${status}: ${Buffer.from(body.subarray(0, 160)).toString('utf8')}`;
      return { status, body, trouble: trouble.replace(/\s+/g, ' '), retryAfterMs: wait };
    } catch (error) {
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

/** Undefined where it is no JSON. */
export function jsonOf(body: Uint8Array): unknown {
  try {
    return JSON.parse(Buffer.from(body).toString('utf8'));
  } catch {
    return undefined;
  }
}

/**
 * Limits of REST requests by address ("IP Limits"): weights are counted by the minute; beyond them 429 with Retry-After, and
 * who goes on all the same is banned: 418.
 */
import { jsonReply, type ProtocolReply } from '../protocol.ts';

const MINUTE_US = 60_000_000;
/** Requests refused with 429 within a minute before a ban, and how long the first ban is ("from 2 minutes to 3 days"). */
const PATIENCE = 20;
const BAN_US = 120_000_000;

interface Used {
  minute: number;
  weight: number;
  refused: number;
  bannedUntilUs: number;
}

export class Weights {
  private readonly perMinute: number;
  private readonly byAddress = new Map<string, Used>();

  constructor(perMinute: number) {
    this.perMinute = perMinute;
  }

  /** Counts a request. The refusal where it is one too many, or the headers that its reply has to have. */
  take(
    address: string,
    weight: number,
    nowUs: number,
  ): { refuse: ProtocolReply } | { headers: Record<string, string> } {
    const used = this.used(address, nowUs);
    if (used.bannedUntilUs > nowUs) return { refuse: banned(used.bannedUntilUs, nowUs) };
    used.weight += weight;
    const headers = { 'X-MBX-USED-WEIGHT': String(used.weight), 'X-MBX-USED-WEIGHT-1M': String(used.weight) };
    if (used.weight <= this.perMinute) return { headers };
    if (++used.refused > PATIENCE) {
      used.bannedUntilUs = nowUs + BAN_US;
      return { refuse: banned(used.bannedUntilUs, nowUs) };
    }
    const retryAfter = String(Math.ceil(((used.minute + 1) * MINUTE_US - nowUs) / 1e6));
    const msg = `Too many requests; current limit of IP is ${this.perMinute} request weight per 1 MINUTE.`;
    return { refuse: jsonReply({ code: -1003, msg }, 429, { ...headers, 'Retry-After': retryAfter }) };
  }

  private used(address: string, nowUs: number): Used {
    const minute = Math.floor(nowUs / MINUTE_US);
    let used = this.byAddress.get(address);
    if (used === undefined) {
      used = { minute, weight: 0, refused: 0, bannedUntilUs: 0 };
      this.byAddress.set(address, used);
    }
    if (used.minute !== minute) {
      used.minute = minute;
      used.weight = 0;
      used.refused = 0;
    }
    return used;
  }
}

function banned(untilUs: number, nowUs: number): ProtocolReply {
  const msg = `Way too many requests; IP banned until ${Math.ceil(untilUs / 1000)}.`;
  return jsonReply({ code: -1003, msg }, 418, { 'Retry-After': String(Math.ceil((untilUs - nowUs) / 1e6)) });
}

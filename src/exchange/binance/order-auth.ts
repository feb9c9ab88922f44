/**
 * Who asks: API keys, signatures and times, as Binance checks them ("Request security"). HMAC-SHA256 in hex of either case,
 * Ed25519 in base64; REST's payload is the query and the body as they came, the websocket API's the parameters by name.
 */
import { createHmac, createPublicKey, timingSafeEqual, verify } from 'node:crypto';
import type { Account, Accounts, ApiKey } from '../accounts.ts';
import { missing, WireError } from './order-errors.ts';

export type WireParams = ReadonlyMap<string, string>;

const DEFAULT_WINDOW_MS = 5_000;
const MAX_WINDOW_MS = 60_000;
/** A timestamp may be so far ahead of the venue's clock. */
const AHEAD_MS = 1_000;

/** The account of a key that needs no signature (listen keys). */
export function accountOfKey(accounts: Accounts, apiKey: string): Account {
  return keyOf(accounts, apiKey).account;
}

/** The account that signed `payload`. Throws WireError. */
export function accountOfSigned(
  accounts: Accounts,
  apiKey: string,
  payload: string,
  params: WireParams,
  nowMs: number,
): Account {
  const key = keyOf(accounts, apiKey);
  const signature = params.get('signature') ?? '';
  if (signature === '') throw missing('signature');
  checkTime(params, nowMs);
  if (!isSignedBy(key, payload, signature)) {
    throw new WireError(400, -1022, 'Signature for this request is not valid.');
  }
  return key.account;
}

/** `timestamp` and `recvWindow`: within a session that is logged on nothing else is checked. */
export function checkTime(params: WireParams, nowMs: number): void {
  const text = params.get('timestamp') ?? '';
  if (!/^\d+$/.test(text)) throw missing('timestamp');
  const windowMs = Number(params.get('recvWindow') ?? DEFAULT_WINDOW_MS);
  if (!(windowMs >= 0 && windowMs <= MAX_WINDOW_MS)) {
    throw new WireError(400, -1131, 'recvWindow must be less than 60000.');
  }
  // 16 digits are microseconds.
  const timestampMs = text.length >= 16 ? Number(text) / 1000 : Number(text);
  if (timestampMs >= nowMs + AHEAD_MS) {
    throw new WireError(400, -1021, "Timestamp for this request was 1000ms ahead of the server's time.");
  }
  if (nowMs - timestampMs > windowMs) {
    throw new WireError(400, -1021, 'Timestamp for this request is outside of the recvWindow.');
  }
}

/** What the websocket API has signed. */
export function socketPayload(params: WireParams): string {
  return [...params]
    .filter(([name]) => name !== 'signature')
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(([name, value]) => `${name}=${value}`)
    .join('&');
}

function keyOf(accounts: Accounts, apiKey: string): ApiKey {
  if (apiKey === '') throw new WireError(401, -2014, 'API-key format invalid.');
  const key = accounts.keyOf(apiKey);
  if (key === undefined) throw new WireError(401, -2015, 'Invalid API-key, IP, or permissions for action.');
  return key;
}

function isSignedBy(key: ApiKey, payload: string, signature: string): boolean {
  if (key.kind === 'ed25519') {
    return verify(null, Buffer.from(payload), createPublicKey(key.secret), Buffer.from(signature, 'base64'));
  }
  const expected = createHmac('sha256', key.secret).update(payload).digest();
  const given = Buffer.from(signature, 'hex');
  return given.length === expected.length && timingSafeEqual(given, expected);
}

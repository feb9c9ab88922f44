/**
 * Who may do what: a token each for viewing, trading and administration, compared in constant time; sessions for browsers, which
 * sign in once and hold a cookie that no script can read.
 */
import { createHash, randomBytes, timingSafeEqual } from 'node:crypto';
import { readFileSync, statSync } from 'node:fs';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { type DashboardRole, ROLES } from './protocol.ts';

export type Tokens = Readonly<Partial<Record<DashboardRole, string>>>;

/** Shorter ones can be guessed. */
const MIN_TOKEN_LENGTH = 16;
const MADE_UP_BYTES = 24;
/** Permissions that group and others have. */
const NOT_OWNER = 0o077;

/** A token for every role, for a dashboard on this machine that nobody configured. */
export function makeTokens(): Tokens {
  return Object.fromEntries(ROLES.map((role) => [role, randomBytes(MADE_UP_BYTES).toString('base64url')]));
}

/** From the environment: TAPEHEAD_DASHBOARD_VIEW_TOKEN, _TRADE_TOKEN, _ADMIN_TOKEN. Null where none is set. Throws USAGE. */
export function tokensOfEnvironment(environment: Readonly<Record<string, string | undefined>>): Tokens | null {
  const found: Partial<Record<DashboardRole, string>> = {};
  for (const role of ROLES) {
    const name = `TAPEHEAD_DASHBOARD_${role.toUpperCase()}_TOKEN`;
    const token = environment[name];
    if (token !== undefined && token !== '') found[role] = checked(token, name);
  }
  return checkedAll(found, 'the environment');
}

/** From a JSON file {"view": "...", "trade": "...", "admin": "..."} that only its owner may read. Throws USAGE or NO_FILE. */
export function tokensOfFile(path: string): Tokens {
  let text: string;
  try {
    if ((statSync(path).mode & NOT_OWNER) !== 0) {
      throw new TapeheadError('USAGE', `${path}: others than its owner may use it; chmod 600 ${path}`);
    }
    text = readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof TapeheadError) throw error;
    throw new TapeheadError('NO_FILE', `${path}: can't be read (${messageOf(error)})`);
  }
  const found: Partial<Record<DashboardRole, string>> = {};
  for (const [name, token] of Object.entries(parsed(text, path))) {
    const role = ROLES.find((one) => one === name);
    if (role === undefined)
      throw new TapeheadError('USAGE', `${path}: ${name} is no role; there are ${ROLES.join(', ')}`);
    found[role] = checked(token, `${path}: ${name}`);
  }
  const tokens = checkedAll(found, path);
  if (tokens === null) throw new TapeheadError('USAGE', `${path}: holds no token`);
  return tokens;
}

function parsed(text: string, path: string): object {
  try {
    const value: unknown = JSON.parse(text);
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
  } catch {
    // Said below, without its content.
  }
  throw new TapeheadError('USAGE', `${path}: expected a JSON object of tokens by role: {"view": "..."}`);
}

function checked(token: unknown, where: string): string {
  if (typeof token === 'string' && token.length >= MIN_TOKEN_LENGTH && /^[!-~]+$/.test(token)) return token;
  throw new TapeheadError(
    'USAGE',
    `${where}: a token has at least ${MIN_TOKEN_LENGTH} printable characters without spaces`,
  );
}

function checkedAll(tokens: Tokens, where: string): Tokens | null {
  const all = Object.values(tokens);
  if (all.length === 0) return null;
  if (new Set(all).size < all.length) throw new TapeheadError('USAGE', `${where}: two roles have the same token`);
  return tokens;
}

export class TokenCheck {
  private readonly digests: readonly (readonly [DashboardRole, Buffer])[];

  constructor(tokens: Tokens) {
    this.digests = Object.entries(tokens).map(([role, token]) => [role as DashboardRole, digestOf(token)]);
  }

  /** The role of a token; null for one that is none. Takes as long whatever the token. */
  roleOf(token: string): DashboardRole | null {
    const digest = digestOf(token);
    let found: DashboardRole | null = null;
    for (const [role, expected] of this.digests) if (timingSafeEqual(digest, expected)) found = role;
    return found;
  }
}

/** Of equal length whatever the token's. */
function digestOf(token: string): Buffer {
  return createHash('sha256').update(token).digest();
}

/** Of each role: who may only view can't sign out whoever may kill. */
const MAX_SESSIONS = 500;
const SESSION_HOURS = 12;
const COOKIE = 'tapehead-session';

interface Session {
  readonly role: DashboardRole;
  readonly untilMs: number;
}

/** Browsers that have signed in, by the digest of their cookie. */
export class BrowserSessions {
  private readonly sessions = new Map<string, Session>();
  private readonly isSecure: boolean;

  constructor(isSecure: boolean) {
    this.isSecure = isSecure;
  }

  /** Returns what goes into Set-Cookie. */
  open(role: DashboardRole, nowMs: number): string {
    const id = randomBytes(32).toString('base64url');
    const same = [...this.sessions].filter(([, session]) => session.role === role);
    if (same.length >= MAX_SESSIONS) this.sessions.delete(same[0][0]);
    this.sessions.set(keyOf(id), { role, untilMs: nowMs + SESSION_HOURS * 3600e3 });
    return this.cookie(id, SESSION_HOURS * 3600);
  }

  /** Of the Cookie header; null without a session in it. */
  find(cookies: string, nowMs: number): { readonly role: DashboardRole; readonly session: string } | null {
    const id = cookieOf(cookies);
    if (id === '') return null;
    const session = keyOf(id);
    return this.isOn(session, nowMs) ? { role: (this.sessions.get(session) as Session).role, session } : null;
  }

  /** False once it was signed out, or is over. */
  isOn(session: string, nowMs: number): boolean {
    return (this.sessions.get(session)?.untilMs ?? Number.NEGATIVE_INFINITY) >= nowMs;
  }

  /** Ends the session; returns what goes into Set-Cookie. */
  close(cookies: string): string {
    const id = cookieOf(cookies);
    if (id !== '') this.sessions.delete(keyOf(id));
    return this.cookie('', 0);
  }

  private cookie(value: string, seconds: number): string {
    const secure = this.isSecure ? '; Secure' : '';
    return `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${seconds}${secure}`;
  }
}

function keyOf(id: string): string {
  return digestOf(id).toString('base64');
}

function cookieOf(header: string): string {
  for (const part of header.split(';')) {
    const [name, value] = part.trim().split('=');
    if (name === COOKIE && value !== undefined) return value;
  }
  return '';
}

/**
 * Who gets in: looks at a request before anything else does. A page of another site can't use a browser's session (Origin), nor
 * pass itself off as this one by a name that resolves to this machine (Host); a token is never taken from a URL; whoever fails
 * waits longer each time.
 */
import { isIP } from 'node:net';
import { DEFAULT_HOST } from '../net/parts.ts';
import type { NetReply, NetRequest } from '../net/server.ts';
import type { ServingOptions } from './options.ts';
import type { DashboardRole } from './protocol.ts';
import { BucketsByAddress, FailedSignIns, sourceOf } from './rate-limit.ts';
import { BrowserSessions, TokenCheck } from './tokens.ts';

/** `session`: key of the browser's session that it is by, '' where it is by a token. */
export type Entry = { readonly role: DashboardRole; readonly session: string } | { readonly refuse: NetReply };

export class Gate {
  readonly sessions: BrowserSessions;
  /** Requests that were refused. */
  refused = 0;
  private readonly check: TokenCheck;
  private readonly failures = new FailedSignIns();
  private readonly connects: BucketsByAddress;
  private readonly options: ServingOptions;
  private readonly now: () => number;
  /** Names under which the dashboard may be asked for. */
  private readonly hosts: ReadonlySet<string>;
  /** It listens on all of the machine's addresses: each of them is a name. */
  private readonly isEverywhere: boolean;

  constructor(options: ServingOptions, now: () => number) {
    this.options = options;
    this.now = now;
    this.check = new TokenCheck(options.tokens);
    this.sessions = new BrowserSessions(options.tls !== null);
    this.connects = new BucketsByAddress(options.limits.connects);
    const host = options.host.includes(':') ? `[${options.host}]` : options.host;
    const names = ['localhost', DEFAULT_HOST, '[::1]', host, ...options.origins.map(hostOf)];
    this.hosts = new Set(names.map((name) => name.toLowerCase()));
    this.isEverywhere = EVERYWHERE.has(options.host);
  }

  /** What every request must be, whatever it is for; null where it is. */
  refusal(request: NetRequest): NetReply | null {
    if (!this.connects.take(sourceOf(request.remoteAddress), this.now()))
      return this.refuse(429, 'too many requests; wait a little');
    if (!this.isName(nameOf(request.header('host')))) {
      return this.refuse(421, 'not the name of this dashboard; name it with --dashboard-origin');
    }
    if (/(^|&)(access_)?(token|auth|key)=/i.test(request.query)) {
      return this.refuse(400, 'a token does not belong into a URL; send it as Authorization: Bearer');
    }
    const origin = request.header('origin');
    if (origin !== '' && !this.isOwn(origin, request)) return this.refuse(403, 'not from this origin');
    return null;
  }

  /**
   * The role of whoever asks, by token or by a browser's session. A browser states where a page that opens a socket is from:
   * a session without that is not taken.
   */
  enter(request: NetRequest, isSocket: boolean): Entry {
    const bearer = /^Bearer ([!-~]{1,512})$/i.exec(request.header('authorization'))?.[1];
    if (bearer !== undefined) return this.signIn(bearer, request.remoteAddress);
    const found = this.sessions.find(request.header('cookie'), this.now());
    if (found !== null && !(isSocket && request.header('origin') === '')) return found;
    return { refuse: this.refuse(401, 'sign in first') };
  }

  /** A token in any other way than a URL. */
  signIn(token: string, remoteAddress: string): Entry {
    const nowMs = this.now();
    const address = sourceOf(remoteAddress);
    const waitMs = this.failures.waitMs(address, nowMs);
    if (waitMs > 0) {
      const seconds = Math.ceil(waitMs / 1000);
      const reply = this.refuse(429, `too many wrong tokens; wait ${seconds} s`);
      return { refuse: { ...reply, headers: { ...reply.headers, 'Retry-After': String(seconds) } } };
    }
    const role = this.check.roleOf(token);
    if (role === null) {
      this.failures.failed(address, nowMs);
      return { refuse: this.refuse(401, 'not a token of this dashboard') };
    }
    return { role, session: '' };
  }

  refuse(status: number, text: string): NetReply {
    this.refused++;
    return { status, body: `${text}\n`, headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff' } };
  }

  /** A page of somebody else's name can be pointed here (DNS rebinding), a page of an address can not. */
  private isName(host: string): boolean {
    return this.hosts.has(host) || (this.isEverywhere && isIP(host.replace(/^\[(.*)\]$/, '$1')) !== 0);
  }

  private isOwn(origin: string, request: NetRequest): boolean {
    const scheme = this.options.tls === null ? 'http' : 'https';
    return origin === `${scheme}://${request.header('host')}` || this.options.origins.includes(origin);
  }
}

const EVERYWHERE: ReadonlySet<string> = new Set(['0.0.0.0', '::']);

/** Host of an origin, without its port. */
function hostOf(origin: string): string {
  return nameOf(origin.slice(origin.indexOf('//') + 2));
}

function nameOf(host: string): string {
  return host.replace(/:\d+$/, '').toLowerCase();
}

/** The dashboard's HTTP side: the page, signing in and out, what monitoring asks for. */
import type { Registry } from 'prom-client';
import { isLoopback } from '../net/parts.ts';
import type { NetReply, NetRequest } from '../net/server.ts';
import type { Assets } from './assets.ts';
import type { Gate } from './gate.ts';
import type { ServingOptions } from './options.ts';
import type { DashboardRole } from './protocol.ts';
import type { View } from './topics.ts';

/** A feed that is silent for so long is not ready. */
const SILENT_MS = 2_000;
/** A wrong token is answered so late. */
const FAILURE_DELAY_MS = 250;

export interface WebParts {
  readonly gate: Gate;
  readonly assets: Assets;
  readonly view: View;
  readonly metrics: Registry;
  readonly options: ServingOptions;
  readonly now: () => number;
}

export function answer(parts: WebParts, request: NetRequest): NetReply | Promise<NetReply> {
  const refusal = parts.gate.refusal(request);
  if (refusal !== null) return refusal;
  const { path, method } = request;
  if (path === '/session') return session(parts, request);
  if (method !== 'GET' && method !== 'HEAD') return plain(405, 'only GET here', { Allow: 'GET, HEAD' });
  if (path === '/healthz') return plain(200, 'ok');
  if (path === '/readyz') return ready(parts);
  if (path === '/metrics') return metrics(parts, request);
  return parts.assets.reply(request) ?? plain(404, 'nothing here');
}

/** GET: the role of whoever is signed in. POST: signs in, with a token in a form or as JSON. DELETE: signs out. */
function session(parts: WebParts, request: NetRequest): NetReply | Promise<NetReply> {
  const { gate, now } = parts;
  const cookies = request.header('cookie');
  switch (request.method) {
    case 'GET': {
      const found = gate.sessions.find(cookies, now());
      return found === null ? plain(401, 'sign in first') : json({ role: found.role });
    }
    case 'DELETE':
      return {
        status: 204,
        body: '',
        headers: { 'Set-Cookie': gate.sessions.close(cookies), 'Cache-Control': 'no-store' },
      };
    case 'POST': {
      const token = tokenOf(request);
      if (token === '') return plain(400, 'expected the field "token", as a form or as JSON');
      const entry = gate.signIn(token, request.remoteAddress);
      if ('refuse' in entry) return later(entry.refuse);
      return signedIn(gate.sessions.open(entry.role, now()), entry.role, isJson(request));
    }
    default:
      return plain(405, 'GET, POST or DELETE', { Allow: 'GET, POST, DELETE' });
  }
}

function signedIn(cookie: string, role: DashboardRole, asJson: boolean): NetReply {
  const headers = { 'Set-Cookie': cookie, 'Cache-Control': 'no-store' };
  if (!asJson) return { status: 303, body: '', headers: { ...headers, Location: '/' } };
  const reply = json({ role });
  return { ...reply, headers: { ...reply.headers, ...headers } };
}

function isJson(request: NetRequest): boolean {
  return request.header('content-type').startsWith('application/json');
}

function tokenOf(request: NetRequest): string {
  const body = request.body.toString('utf8');
  if (!isJson(request)) return new URLSearchParams(body).get('token') ?? '';
  try {
    const value: unknown = JSON.parse(body);
    const token = typeof value === 'object' && value !== null && 'token' in value ? value.token : '';
    return typeof token === 'string' ? token : '';
  } catch {
    return '';
  }
}

/** Ready: the run is on (or is a finished log), the log grows, the feed is not silent and not all of it stale. */
function ready({ view, now }: WebParts): NetReply {
  const { model, gauges } = view;
  const problems: string[] = [];
  if (model.seq === 0) problems.push('nothing in the journal yet');
  if (gauges.isRunning) {
    if (model.ended !== '') problems.push(`the run ended: ${model.ended}`);
    else if (gauges.silentMs(model, now()) > SILENT_MS) problems.push('the feed is silent');
    gauges.refreshFeed(model, now());
    if (model.ended === '' && gauges.feed.get('feed')?.[1] === 'stale') problems.push('every book is stale');
  }
  return problems.length === 0 ? plain(200, 'ready') : plain(503, problems.join('; '));
}

/** Whoever runs a dashboard on this machine without tokens of their own may scrape it without one. */
async function metrics(parts: WebParts, request: NetRequest): Promise<NetReply> {
  const { gate, options, metrics: registry } = parts;
  if (!(options.isOpenToLoopback && isLoopback(request.remoteAddress))) {
    const entry = gate.enter(request, false);
    if ('refuse' in entry) return entry.refuse;
  }
  return {
    status: 200,
    body: await registry.metrics(),
    headers: { 'Content-Type': registry.contentType, 'Cache-Control': 'no-store' },
  };
}

function later(reply: NetReply): Promise<NetReply> {
  return new Promise((resolve) => {
    setTimeout(() => resolve(reply), FAILURE_DELAY_MS).unref();
  });
}

function plain(status: number, text: string, headers: Readonly<Record<string, string>> = {}): NetReply {
  return {
    status,
    body: `${text}\n`,
    headers: { 'Cache-Control': 'no-store', 'X-Content-Type-Options': 'nosniff', ...headers },
  };
}

function json(value: unknown): NetReply {
  return {
    ...plain(200, ''),
    body: JSON.stringify(value),
    headers: { 'Content-Type': 'application/json', 'Cache-Control': 'no-store' },
  };
}

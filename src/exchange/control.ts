/**
 * The control endpoint of a running venue, for this machine only:
 *
 *   GET  /control/flow    → {"rate": messages a second, "made": {venue: messages}}
 *   POST /control/flow    {"rate": 0} ends the background flow, another number sets it
 */
import { isLoopback } from '../net/parts.ts';
import type { NetReply, NetRequest } from '../net/server.ts';
import { jsonReply } from './protocol.ts';
import type { VenueServer } from './venue-server.ts';

const MAX_RATE = 1_000_000;

export function control(venue: VenueServer, request: NetRequest): NetReply {
  if (!isLoopback(request.remoteAddress)) return refusal(403, 'the control endpoint answers this machine only');
  if (request.path === '/control/flow') return flow(venue, request);
  return refusal(404, 'there is /control/flow');
}

function flow(venue: VenueServer, request: NetRequest): NetReply {
  if (request.method === 'POST') {
    const rate = rateIn(request.body);
    if (rate === null) return refusal(400, `a body such as {"rate": 100} is expected, 0 to ${MAX_RATE}`);
    venue.setRate(rate);
  } else if (request.method !== 'GET') {
    return refusal(405, 'GET or POST');
  }
  const made = Object.fromEntries(venue.venues.map((one) => [one.protocol.name, one.flow.made]));
  return jsonReply({ rate: venue.venues[0]?.flow.rate ?? 0, made });
}

function rateIn(body: Buffer): number | null {
  const value = parseBody(body);
  const rate = value?.rate;
  return typeof rate === 'number' && rate >= 0 && rate <= MAX_RATE ? rate : null;
}

/** The body's object, or null where it is none. */
export function parseBody(body: Buffer): Record<string, unknown> | null {
  try {
    const value: unknown = JSON.parse(body.toString());
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : null;
  } catch {
    return null;
  }
}

function refusal(status: number, error: string): NetReply {
  return jsonReply({ error }, status);
}

/**
 * The control endpoint of a running venue, for this machine only:
 *
 *   GET  /control/flow    → {"rate": messages a second, "made": {venue: messages}}
 *   POST /control/flow    {"rate": 0} ends the background flow, another number sets it
 *   GET  /control/faults  → {"faults": what was asked for, "made": {name: how often}}
 *   POST /control/faults  {"faults": "drop:0.01"} asks for others ("": none); {"next": {"drop": 1}} makes the next so many
 */
import { messageOf } from '../core/errors.ts';
import { isLoopback } from '../net/parts.ts';
import type { NetReply, NetRequest } from '../net/server.ts';
import { isFaultName } from './fault-spec.ts';
import type { FaultGate } from './faults.ts';
import { jsonObject, jsonReply } from './protocol.ts';
import type { VenueServer } from './venue-server.ts';

const MAX_RATE = 1_000_000;

export function control(venue: VenueServer, request: NetRequest): NetReply {
  if (!isLoopback(request.remoteAddress)) return refusal(403, 'the control endpoint answers this machine only');
  if (request.path === '/control/flow') return flow(venue, request);
  if (request.path === '/control/faults') return faults(venue, request);
  return refusal(404, 'there are /control/flow and /control/faults');
}

function faults(venue: VenueServer, request: NetRequest): NetReply {
  const { gate } = venue;
  if (gate === null) return refusal(404, 'this venue makes no faults');
  if (request.method === 'POST') {
    const wrong = change(gate, jsonObject(request.body));
    if (wrong !== null) return refusal(400, wrong);
  } else if (request.method !== 'GET') {
    return refusal(405, 'GET or POST');
  }
  return jsonReply({ faults: gate.spec, made: gate.counts() });
}

/** What is wrong with what is asked for, or null: done. */
function change(gate: FaultGate, body: Record<string, unknown> | null): string | null {
  const spec = body?.faults;
  const next = body?.next;
  const certain = typeof next === 'object' && next !== null ? Object.entries(next) : [];
  const isUsable = certain.every(([name, count]) => isFaultName(name) && Number.isSafeInteger(count) && count > 0);
  if (!isUsable || !(typeof spec === 'string' || (spec === undefined && certain.length > 0))) {
    return 'a body such as {"faults": "drop:0.01"} or {"next": {"drop": 1}} is expected';
  }
  try {
    if (typeof spec === 'string') gate.set(spec);
  } catch (error) {
    return messageOf(error);
  }
  for (const [name, count] of certain) if (isFaultName(name)) gate.next(name, count);
  return null;
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
  const value = jsonObject(body);
  const rate = value?.rate;
  return typeof rate === 'number' && rate >= 0 && rate <= MAX_RATE ? rate : null;
}

function refusal(status: number, error: string): NetReply {
  return jsonReply({ error }, status);
}

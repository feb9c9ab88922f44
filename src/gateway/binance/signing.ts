/**
 * Signed requests to Binance ("Request security" of its REST and websocket API documents). REST: the parameters in the
 * order in which they are sent, percent-encoded. Websocket API: by name in alphabetical order, `apiKey` among them, not
 * encoded. Both end up with `signature`.
 */
import type { VenueKey } from '../venue-key.ts';

export type ParamValue = string | number | boolean;
export type Params = Readonly<Record<string, ParamValue>>;

/** `name=value&…`, percent-encoded as UTF-8. encodeURIComponent leaves !'()* as they are, which the venue takes as well. */
export function queryString(params: Params): string {
  return Object.entries(params)
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`)
    .join('&');
}

/** A query that is signed: its own text, with the signature behind it. */
export function signedQuery(params: Params, key: VenueKey): string {
  const query = queryString(params);
  return `${query}${query === '' ? '' : '&'}signature=${encodeURIComponent(key.sign(query))}`;
}

/** What the websocket API wants to have signed. */
export function socketPayload(params: Params): string {
  return Object.keys(params)
    .sort()
    .map((name) => `${name}=${params[name]}`)
    .join('&');
}

/** Parameters of a signed request of the websocket API, outside of a session that is logged on. */
export function signedParams(params: Params, key: VenueKey): Params {
  const all = { ...params, apiKey: key.apiKey };
  return { ...all, signature: key.sign(socketPayload(all)) };
}

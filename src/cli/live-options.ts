/** From the command line of `live` and `record` to what a live session is made from. */
import { TapeheadError } from '../core/errors.ts';
import type { SessionBase } from '../core/time.ts';
import type { Endpoints, LiveProtocol, SymbolTerms } from '../feed/live/protocol.ts';
import { LIVE_VENUES } from '../feed/live/protocol.ts';
import { protocolOf } from '../feed/live/protocols/index.ts';
import { RestClient } from '../feed/live/rest.ts';
import type { LiveSource, LiveVenueSource, RecordTo } from '../feed/live/source.ts';

export interface SourceOptions {
  /** `binance`, or `binance=BTCUSDT,ETHUSDT`. */
  readonly venue: readonly string[];
  /** Of the only venue, where it does not name its own. */
  readonly symbols?: readonly string[];
  /** `ws://host:port`, or `binance=ws://host:port`. */
  readonly url?: readonly string[];
  readonly restUrl?: readonly string[];
  readonly redundancy: '1' | '2';
  /** False with --no-terms. */
  readonly terms: boolean;
}

/** Throws USAGE with one line. */
export function liveSource(options: SourceOptions, record: RecordTo | null, sessionBase: SessionBase): LiveSource {
  const named = options.venue.map((text) => split(text));
  const venues = named.map(([name, list]): LiveVenueSource => {
    const protocol = protocolNamed(name);
    const symbols = list === '' ? (options.symbols ?? []) : list.split(',').map((symbol) => symbol.trim());
    if (symbols.length === 0 || symbols.includes('')) {
      throw new TapeheadError('USAGE', `--venue ${name}: name its instruments, --venue ${name}=A,B or --symbols A,B`);
    }
    return {
      name: protocol.venue,
      symbols: [...new Set(symbols)],
      endpoints: endpointsOf(protocol, named.length, options),
      redundancy: options.redundancy === '2' ? 2 : 1,
      terms: options.terms,
    };
  });
  if (venues.length > 1 && options.symbols !== undefined) {
    throw new TapeheadError('USAGE', '--symbols is for one venue; with several, --venue NAME=A,B names those of each');
  }
  checkTargets('--url', options.url, venues);
  checkTargets('--rest-url', options.restUrl, venues);
  // Of the random delays before reconnects: no two clients the same, and no event depends on it.
  const seed = Math.floor(Math.random() * 2 ** 32);
  return { venues, record, sessionBase, prefixSymbols: venues.length > 1, seed };
}

export function protocolNamed(name: string): LiveProtocol {
  const protocol = protocolOf(name);
  if (protocol !== null) return protocol;
  throw new TapeheadError('USAGE', `--venue ${name}: there is no such venue; there are ${LIVE_VENUES.join(', ')}`);
}

export function endpointsInForce(venue: LiveVenueSource): Endpoints {
  return venue.endpoints ?? protocolNamed(venue.name).endpoints;
}

/** What the venue says of these instruments. Throws NETWORK where it does not answer, UNKNOWN_SYMBOL for one it has not. */
export async function termsOf(venue: LiveVenueSource): Promise<readonly SymbolTerms[]> {
  const protocol = protocolNamed(venue.name);
  const url = protocol.termsUrl(endpointsInForce(venue), venue.symbols);
  const answer = await new RestClient(protocol.rules).get(url, 1);
  if (answer.trouble !== '') throw new TapeheadError('NETWORK', `${venue.name}: ${url}: ${answer.trouble}`);
  let body: unknown;
  try {
    body = JSON.parse(Buffer.from(answer.body).toString('utf8'));
  } catch {
    throw new TapeheadError('NETWORK', `${venue.name}: ${url}: the answer is not JSON`);
  }
  return protocol.parseTerms(body, venue.symbols);
}

/** `name=rest`; '' for what is missing. An address has no name in front of it where it begins with its scheme. */
function split(text: string): [name: string, rest: string] {
  const at = text.indexOf('=');
  return at < 0 ? [text, ''] : [text.slice(0, at), text.slice(at + 1)];
}

/** Null: the venue's own. `venues`: how many there are in the run. Throws USAGE. */
export function endpointsOf(
  protocol: LiveProtocol,
  venues: number,
  options: Pick<SourceOptions, 'url' | 'restUrl'>,
): Endpoints | null {
  const url = addressFor('--url', options.url, protocol.venue, venues);
  const restUrl = addressFor('--rest-url', options.restUrl, protocol.venue, venues);
  return endpointsAt(protocol, url, restUrl);
}

/** Null: the venue's own. Throws USAGE for what is no address. */
export function endpointsAt(protocol: LiveProtocol, url: string | null, restUrl: string | null): Endpoints | null {
  if (url === null && restUrl === null) return null;
  const ws = url === null ? protocol.endpoints.ws : checked('--url', url, ['ws:', 'wss:']);
  const sameHost = url === null ? protocol.endpoints.rest : ws.replace(/^ws/, 'http');
  return { ws, rest: restUrl === null ? sameHost : checked('--rest-url', restUrl, ['http:', 'https:']) };
}

/** The address given for this venue by name, else the one without a name where there is one venue only. */
function addressFor(option: string, given: readonly string[] = [], venue: string, venues: number): string | null {
  const named = given.filter((text) => text.startsWith(`${venue}=`));
  if (named.length > 1) throw new TapeheadError('USAGE', `${option} is given twice for ${venue}`);
  if (named.length === 1) return named[0].slice(venue.length + 1);
  const plain = given.filter((text) => /^[a-z]+:\/\//.test(text));
  if (plain.length === 0) return null;
  if (venues > 1 || plain.length > 1) {
    throw new TapeheadError('USAGE', `${option} ${plain[0]}: say for which venue: ${option} ${venue}=${plain[0]}`);
  }
  return plain[0];
}

function checkTargets(option: string, given: readonly string[] = [], venues: readonly LiveVenueSource[]): void {
  for (const text of given) {
    if (/^[a-z]+:\/\//.test(text)) continue;
    const [name, address] = split(text);
    if (address !== '' && venues.some((venue) => venue.name === name)) continue;
    throw new TapeheadError('USAGE', `${option} ${text}: expected an address, or VENUE=address of a venue of this run`);
  }
}

function checked(option: string, text: string, schemes: readonly string[]): string {
  const url = URL.canParse(text) ? new URL(text) : null;
  if (url === null || !schemes.includes(url.protocol) || url.username !== '' || url.search !== '') {
    const forms = schemes.map((scheme) => `${scheme}//host:port`).join(' or ');
    throw new TapeheadError('USAGE', `${option} ${text} is no address: ${forms}`);
  }
  return text.replace(/\/+$/, '');
}

/** The ITCH side of `tapehead venue`: where its lines go, what goes wrong on them, and recordings played over them. */
import { TapeheadError } from '../core/errors.ts';
import { type FaultName, parseFaults } from '../exchange/fault-spec.ts';
import { type ItchProtocolOptions, itchProtocol } from '../exchange/itch/itch-protocol.ts';
import { RecordingFlow } from '../exchange/itch/recording-flow.ts';
import { type ItchVenue, startItchVenue } from '../exchange/itch/venue.ts';
import type { ProtocolKind } from '../exchange/protocol.ts';
import { detectRecording } from '../feed/detect.ts';
import { count, duration, plural, type Terminal, table } from './terminal.ts';

export interface ItchVenueCommandOptions {
  readonly itchUdp?: readonly string[];
  readonly itchRetransmitPort?: number;
  readonly itchSoupPort?: number;
  readonly itchSession: string;
  readonly itchUser: string;
  readonly host: string;
  readonly seed: number;
  readonly fault: string;
  readonly speed: number;
}

type Environment = Readonly<Record<string, string | undefined>>;

const PASSWORD = 'TAPEHEAD_SOUP_PASSWORD';
/** Of `--fault`, those that the lines have. */
const LINE_FAULTS: readonly FaultName[] = ['drop', 'duplicate', 'reorder', 'delay', 'truncate', 'disconnect'];
const PLAIN_LINE_MS = 5_000;
const REDRAW_MS = 200;

/** ITCH as a protocol of the exchange. Throws USAGE with one line. */
export function itchKind(options: ItchVenueCommandOptions, env: Environment): ProtocolKind {
  return itchProtocol(linesOf(options, env));
}

/** Whether the recording is one of ITCH, which has no websockets to be served on. */
export async function isItchRecording(path: string): Promise<boolean> {
  try {
    return (await detectRecording([path])).format === 'itch50';
  } catch (error) {
    if (error instanceof TapeheadError && error.code === 'FORMAT') return false; // whoever serves it says what it is not
    throw error;
  }
}

/** Plays an ITCH recording over the lines, and what was missed of it again, until Ctrl-C. */
export async function playItch(
  path: string,
  options: ItchVenueCommandOptions,
  terminal: Terminal,
  env: Environment,
): Promise<number> {
  const lines = linesOf(options, env);
  const flow = new RecordingFlow([path], { speed: options.speed });
  // What was missed can be asked for, and who comes late is served, until somebody ends it.
  const venue = await startItchVenue({ ...lines, flow, host: options.host, lingerMs: Number.POSITIVE_INFINITY });
  try {
    greet(path, lines, venue, options, terminal);
    await untilOver(venue, terminal);
  } finally {
    await venue.close();
  }
  summarise(venue, terminal);
  return 0;
}

function linesOf(options: ItchVenueCommandOptions, env: Environment): ItchProtocolOptions {
  const { itchUdp, itchRetransmitPort, itchSoupPort, itchSession, itchUser, seed } = options;
  if (itchUdp !== undefined && itchUdp.length > 2) {
    throw new TapeheadError('USAGE', '--itch-udp: at most two lines, A and B');
  }
  if (itchSession.length > 10) throw new TapeheadError('USAGE', '--itch-session: at most ten characters');
  const udp =
    itchUdp === undefined
      ? {}
      : {
          udp: {
            a: itchUdp[0],
            ...(itchUdp.length === 2 ? { b: itchUdp[1] } : {}),
            retransmitPort: itchRetransmitPort ?? 0,
          },
        };
  const withSoup = itchSoupPort !== undefined || itchUdp === undefined;
  const soup = withSoup ? { soup: { port: itchSoupPort ?? 0, user: itchUser, password: env[PASSWORD] ?? '' } } : {};
  return { session: itchSession, seed, ...udp, ...soup, faults: faultsOf(options.fault) };
}

function faultsOf(text: string): NonNullable<ItchProtocolOptions['faults']> {
  const spec = parseFaults(text);
  for (const name of spec.keys()) {
    if (LINE_FAULTS.includes(name)) continue;
    throw new TapeheadError('USAGE', `--fault ${name}: ITCH has ${LINE_FAULTS.join(', ')} only`);
  }
  const chance = (name: FaultName): number => spec.get(name)?.chance ?? 0;
  const delay = spec.get('delay');
  const line = {
    drop: chance('drop'),
    duplicate: chance('duplicate'),
    reorder: chance('reorder'),
    truncate: chance('truncate'),
    ...(delay === undefined ? {} : { delay: delay.chance, delayMs: delay.timeMs }),
  };
  return { a: line, b: line, soupDisconnect: chance('disconnect') };
}

function greet(
  path: string,
  { udp, session }: ItchProtocolOptions,
  venue: ItchVenue,
  { host, fault }: ItchVenueCommandOptions,
  terminal: Terminal,
): void {
  terminal.out(`${terminal.bold('tapehead venue')}  ${path}  ITCH 5.0, session ${session}\n`);
  if (udp !== undefined) {
    terminal.out(`  MoldUDP64 to ${udp.b === undefined ? udp.a : `${udp.a} and ${udp.b}`}\n`);
    terminal.out(`  retransmission at ${host}:${venue.retransmitPort}\n`);
  }
  if (venue.soupPort !== 0) terminal.out(`  SoupBinTCP at ${host}:${venue.soupPort}\n`);
  terminal.out(`  faults ${fault === '' ? 'none' : fault}; Ctrl-C ends\n`);
}

async function untilOver(venue: ItchVenue, terminal: Terminal): Promise<void> {
  const beganMs = performance.now();
  const draw = (): void => {
    const { messages, packets, requests } = venue.counts();
    const parts = [
      duration((performance.now() - beganMs) * 1e6),
      plural(messages, 'message'),
      plural(packets, 'packet'),
      plural(requests, 'request'),
    ];
    terminal.err(terminal.progressIsTty ? `\r${parts.join('  ')}\x1b[K` : `${parts.join('  ')}\n`);
  };
  const timer = setInterval(draw, terminal.progressIsTty ? REDRAW_MS : PLAIN_LINE_MS);
  let off = (): void => {};
  const interrupted = new Promise<void>((resolve) => {
    off = terminal.onInterrupt(resolve);
  });
  try {
    await Promise.race([venue.finished, interrupted]);
  } finally {
    clearInterval(timer);
    off();
    if (terminal.progressIsTty) terminal.err('\r\x1b[K');
  }
}

function summarise(venue: ItchVenue, terminal: Terminal): void {
  const { messages, packets, heartbeats, requests, refusedRequests } = venue.counts();
  const rows = [
    ['messages', count(messages)],
    ['packets', count(packets)],
    ['heartbeats', count(heartbeats)],
    ['requests', `${count(requests)}, ${count(refusedRequests)} refused`],
  ];
  terminal.out(table(rows));
}

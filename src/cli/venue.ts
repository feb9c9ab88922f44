/** `tapehead venue`: an exchange on this machine that speaks the wire protocols of real ones. */
import { TapeheadError } from '../core/errors.ts';
import { loadApiKeys, makeTestKeys } from '../exchange/binance/api-keys.ts';
import { FaultGate } from '../exchange/faults.ts';
import type { ProtocolKind } from '../exchange/protocol.ts';
import { playedKind, protocolKinds } from '../exchange/protocols.ts';
import type { RecordingProgress } from '../exchange/recording-venue.ts';
import { machineClockUs, VenueServer } from '../exchange/venue-server.ts';
import { ITCH } from './live-itch.ts';
import { count, duration, plural, type Terminal, table } from './terminal.ts';
import { type ItchVenueCommandOptions, isItchRecording, itchKind, playItch } from './venue-itch.ts';

export interface VenueOptions extends ItchVenueCommandOptions {
  readonly port: number;
  readonly host: string;
  readonly protocol: readonly string[];
  readonly symbols: readonly string[];
  readonly seed: number;
  readonly rate: number;
  readonly fault: string;
  readonly recording?: string;
  readonly speed: number;
  readonly keyFile?: string;
  readonly testKeys?: boolean;
  readonly maxAge?: number;
  readonly library?: 'uWebSockets.js' | 'ws';
}

const REDRAW_MS = 200;
const PLAIN_LINE_MS = 5_000;
/** A silent client is pinged after half of it and cut after all of it: a minute, as the venues have it. */
const IDLE_SECONDS = 60;

export async function venue(options: VenueOptions, terminal: Terminal): Promise<number> {
  if (options.recording !== undefined && (await isItchRecording(options.recording))) {
    return playItch(options.recording, options, terminal, process.env);
  }
  refuseItchLines(options);
  const nowUs = machineClockUs();
  const gate = new FaultGate(options.fault, options.seed, nowUs);
  const { recording } = options;
  const played: RecordingProgress = { frames: 0, ended: 0, error: '' };
  const isPlayed = recording !== undefined;
  const server = await VenueServer.start({
    kinds: isPlayed ? [await playedKind(recording, options.speed, played)] : kindsOf(options),
    assets: options.symbols,
    seed: options.seed,
    rate: isPlayed ? 0 : options.rate,
    isEmpty: isPlayed,
    faults: gate,
    nowUs,
    ...(options.maxAge === undefined ? {} : { maxAgeMs: options.maxAge * 1000 }),
    net: {
      port: options.port,
      host: options.host,
      maxFrameBytes: 1 << 16,
      maxBodyBytes: 1 << 16,
      maxBacklogBytes: 1 << 26,
      idleSeconds: IDLE_SECONDS,
      ...(options.library === undefined ? {} : { library: options.library }),
    },
  });
  // uWebSockets.js ends the process with an abort if it lives on beyond us, so whatever happens it is closed.
  try {
    addKeys(server, options, terminal);
    greet(server, options, terminal);
    const unlisten = await untilInterrupted(server, isPlayed ? played : null, terminal);
    await server.close();
    unlisten();
  } finally {
    await server.close();
  }
  summarise(server, terminal);
  if (played.error !== '') throw new TapeheadError('CORRUPT', played.error);
  return 0;
}

/** Lines of ITCH that nothing would be sent on. */
function refuseItchLines({ recording, protocol, itchUdp, itchRetransmitPort, itchSoupPort }: VenueOptions): void {
  if (recording === undefined && protocol.includes(ITCH)) return;
  const lines = {
    '--itch-udp': itchUdp,
    '--itch-retransmit-port': itchRetransmitPort,
    '--itch-soup-port': itchSoupPort,
  };
  for (const [name, value] of Object.entries(lines)) {
    if (value === undefined) continue;
    throw new TapeheadError('USAGE', `${name}: needs --protocol itch, or --recording of an ITCH file`);
  }
}

function kindsOf(options: VenueOptions): readonly ProtocolKind[] {
  const kinds = [...protocolKinds(options.protocol.filter((name) => name !== ITCH))];
  if (options.protocol.includes(ITCH)) kinds.push(itchKind(options, process.env));
  return kinds;
}

function addKeys(server: VenueServer, options: VenueOptions, terminal: Terminal): void {
  for (const { exchange, protocol } of server.venues) {
    if (options.keyFile !== undefined) loadApiKeys(exchange, options.keyFile);
    if (options.testKeys !== true) continue;
    for (const key of makeTestKeys(exchange)) {
      terminal.out(`${protocol.name} test key (${key.kind}): ${key.apiKey}\n${key.secret.trimEnd()}\n`);
    }
  }
}

function greet(server: VenueServer, options: VenueOptions, terminal: Terminal): void {
  const { net } = server;
  const why = net.remark === '' ? '' : `  (${net.remark})`;
  terminal.out(`${terminal.bold('tapehead venue')}  ${options.host}:${net.port} on ${net.library}${why}\n`);
  for (const { protocol, exchange } of server.venues) {
    const symbols = exchange.markets.map((market) => protocol.symbolOf?.(market) ?? market.symbol).join(', ');
    terminal.out(`  ${terminal.bold(protocol.name)}  ${symbols}\n`);
    for (const line of protocol.addresses(server.baseOf(protocol))) terminal.out(`    ${line}\n`);
  }
  const flow =
    options.recording !== undefined ? 'a recording' : options.rate > 0 ? `${count(options.rate)} messages/s` : 'none';
  const faults = options.fault === '' ? 'none' : options.fault;
  terminal.out(`  flow ${flow}, seed ${options.seed}; faults ${faults}\n`);
  terminal.out(`  control http://${options.host}:${net.port}/control/flow, /control/faults; Ctrl-C ends\n`);
}

/** Resolves to what ends listening to signals: one that comes again while the server closes must not cut it short. */
function untilInterrupted(
  server: VenueServer,
  played: RecordingProgress | null,
  terminal: Terminal,
): Promise<() => void> {
  const beganMs = performance.now();
  const draw = (): void => {
    const line = progressLine(server, played, performance.now() - beganMs);
    terminal.err(terminal.progressIsTty ? `\r${line}\x1b[K` : `${line}\n`);
  };
  const timer = setInterval(draw, terminal.progressIsTty ? REDRAW_MS : PLAIN_LINE_MS);
  return new Promise((resolve) => {
    const off = terminal.onInterrupt(() => {
      clearInterval(timer);
      if (terminal.progressIsTty) terminal.err('\r\x1b[K');
      resolve(off);
    });
  });
}

function progressLine(server: VenueServer, played: RecordingProgress | null, ms: number): string {
  const { connections, framesOut, requests } = server.counts;
  const flow = server.venues.reduce((sum, one) => sum + one.flow.made, 0);
  const faults = Object.entries(server.gate?.counts() ?? {}).map(([name, times]) => `${name} ${count(times)}`);
  const parts = [
    duration(ms * 1e6),
    plural(connections, 'connection'),
    `${count(framesOut)} frames out`,
    plural(requests, 'request'),
    played === null
      ? `${count(flow)} messages of flow`
      : `${count(played.frames)} recorded frames, heard to the end by ${plural(played.ended, 'connection')}`,
    ...faults,
  ];
  return parts.join('  ');
}

function summarise(server: VenueServer, terminal: Terminal): void {
  const { connectionsEver, requests, framesIn, framesOut } = server.counts;
  const rows: string[][] = [
    ['connections', count(connectionsEver)],
    ['requests', count(requests)],
    ['frames in', count(framesIn)],
    ['frames out', count(framesOut)],
  ];
  for (const { protocol, exchange, flow } of server.venues) {
    const trades = exchange.markets.reduce((sum, market) => sum + market.lastTradeId, 0);
    rows.push([`${protocol.name}: messages of flow`, count(flow.made)], [`${protocol.name}: trades`, count(trades)]);
  }
  for (const [name, times] of Object.entries(server.gate?.counts() ?? {})) rows.push([`fault ${name}`, count(times)]);
  terminal.out(table(rows));
}

/** `tapehead venue`: an exchange on this machine that speaks the wire protocols of real ones. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { TapeheadError } from '../core/errors.ts';
import { loadApiKeys, makeTestKeys } from '../exchange/binance/api-keys.ts';
import { FAULT_HELP } from '../exchange/fault-spec.ts';
import { FaultGate } from '../exchange/faults.ts';
import { LISTED_ASSETS } from '../exchange/listing.ts';
import type { ProtocolKind } from '../exchange/protocol.ts';
import { PROTOCOL_NAMES, playedKind, protocolKinds } from '../exchange/protocols.ts';
import type { RecordingProgress } from '../exchange/recording-venue.ts';
import { machineClockUs, VenueServer } from '../exchange/venue-server.ts';
import { nameList, nonNegativeInteger, speed } from './options.ts';
import { count, duration, plural, type Terminal, table } from './terminal.ts';
import { addItchOptions, type ItchVenueCommandOptions, isItchRecording, itchKind, playItch } from './venue-itch.ts';

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

const ITCH = 'itch';
const REDRAW_MS = 200;
const PLAIN_LINE_MS = 5_000;
const MAX_RATE = 1_000_000;
/** A silent client is pinged after half of it and cut after all of it: a minute, as the venues have it. */
const IDLE_SECONDS = 60;

const EXAMPLES = `
Examples:
  tapehead venue --protocol binance --rate 2000
  tapehead venue --recording replay-data/spot-session.binance.gz --speed 10
  tapehead venue --recording replay-data/equities-session.itch50.gz --itch-udp 127.0.0.1:31001,127.0.0.1:31002
  tapehead venue --protocol binance,binance-usdm --port 9000 --fault drop:0.001,stall:5s@60s
  curl -X POST http://127.0.0.1:9000/control/flow -d '{"rate": 0}'
  curl -X POST http://127.0.0.1:9000/control/faults -d '{"faults": "disconnect:0.001"}'

Faults (--fault NAME:CHANCE or NAME:TIME@..., several with commas):
${Object.entries(FAULT_HELP)
  .map(([name, text]) => `  ${name.padEnd(14)} ${text}`)
  .join('\n')}
`;

export function addVenueCommand(program: Command, action: (options: VenueOptions) => Promise<void>): void {
  const command = program
    .command('venue')
    .summary('run an exchange on this machine, to test against')
    .description(
      'An exchange with a real matching engine and seeded background flow, which speaks the wire protocols of real venues: REST,\n' +
        'websocket streams, order entry, and faults on request. Addresses begin with the name of the protocol. Ends on Ctrl-C.',
    )
    .option('--port <n>', 'where to listen; 0: any free port', port, 9000)
    .option('--host <address>', 'on which address', '127.0.0.1')
    .option('--protocol <A,B>', `protocols: ${PROTOCOL_NAMES.join(', ')}, ${ITCH}`, nameList, ['binance'])
    .option('--symbols <A,B>', `assets that are listed: ${LISTED_ASSETS.join(', ')}`, nameList, ['BTC', 'ETH'])
    .option('--seed <n>', 'seed of the flow and the faults', nonNegativeInteger, 1)
    .option('--rate <R>', 'messages of background flow a second, of each protocol', rate, 200)
    .option('--fault <spec>', 'faults to make, such as drop:0.01,stall:5s@30s', '')
    .option(
      '--recording <file>',
      'play a recording (Binance raw, ITCH, or a capture) instead: its protocol, no orders, no flow',
    )
    .addOption(
      new Option('--speed <speed>', "of a recording: 'max', or a multiple of its own pace")
        .argParser(speed)
        .default(Number.POSITIVE_INFINITY, 'max'),
    )
    .option('--key-file <file>', 'accounts and their API keys, as JSON; readable by its owner alone')
    .option('--test-keys', 'make up an account with keys, and print them')
    .option('--max-age <seconds>', 'cut connections that are so old; 0: never (default: what each venue does)', seconds)
    .addOption(
      new Option('--library <name>', 'server library (default: the first where it loads)').choices([
        'uWebSockets.js',
        'ws',
      ]),
    )
    .addHelpText('after', EXAMPLES);
  addItchOptions(command, port).action(action);
}

export async function venue(options: VenueOptions, terminal: Terminal): Promise<number> {
  if (options.recording !== undefined && (await isItchRecording(options.recording))) {
    return playItch(options.recording, options, terminal, process.env);
  }
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
    const symbols = exchange.markets.map((market) => market.symbol).join(', ');
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

function port(text: string): number {
  const value = nonNegativeInteger(text);
  if (value > 65535) throw new InvalidArgumentError('expected a port: 0 to 65535.');
  return value;
}

function rate(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text) || value > MAX_RATE) {
    throw new InvalidArgumentError(`expected messages a second: 0 to ${MAX_RATE}.`);
  }
  return value;
}

function seconds(text: string): number {
  const value = Number(text);
  if (!/^\d+(\.\d+)?$/.test(text)) throw new InvalidArgumentError('expected a number of seconds.');
  return value;
}

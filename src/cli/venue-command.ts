/** The options of `tapehead venue`. */
import { type Command, InvalidArgumentError, Option } from 'commander';
import { FAULT_HELP } from '../exchange/fault-spec.ts';
import { LISTED_ASSETS } from '../exchange/listing.ts';
import { PROTOCOL_NAMES } from '../exchange/protocol.ts';
import { ITCH } from './live-itch.ts';
import { nameList, nonNegativeInteger, speed } from './options.ts';
import type { VenueOptions } from './venue.ts';

const MAX_RATE = 1_000_000;
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
  addItchOptions(command).action(action);
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

function addItchOptions(command: Command): Command {
  return command
    .option('--itch-udp <A[,B]>', 'itch: MoldUDP64 to these, host:port or group:port@interface', nameList)
    .option('--itch-retransmit-port <n>', 'itch: port of the retransmission server (default: any free port)', port)
    .option(
      '--itch-soup-port <n>',
      'itch: port of SoupBinTCP (default: any free port, where there is no --itch-udp)',
      port,
    )
    .option('--itch-session <name>', 'itch: name of the session', 'TAPEHEAD')
    .option('--itch-user <name>', 'itch: who may log in; the password is in TAPEHEAD_SOUP_PASSWORD', 'tape');
}

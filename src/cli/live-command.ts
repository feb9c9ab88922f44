/** The options of `tapehead live`. */
import { type Command, Option } from 'commander';
import { DEFAULT_STAMPS } from '../core/trace.ts';
import { LIVE_VENUES } from '../feed/live/protocol.ts';
import { addDashboardOptions, port } from './dashboard-options.ts';
import type { LiveOptions } from './live.ts';
import { collect, directory, nameList, nonNegativeInteger, positiveNumber, timeSpan } from './options.ts';

export function addLiveCommand(program: Command, action: (options: LiveOptions) => Promise<void>): void {
  const command = program
    .command('live')
    .summary('run the engine on live feeds, with strategies or without')
    .description(
      'Follows venues live: sockets → ring → books → journal → audit log, as a replay does, until Ctrl-C or --for.\n' +
        'With --strategy or --config it trades: on paper (the simulated venue on the live book), or with --orders venue for real.\n' +
        'Started again with the --log of a run that was killed, it goes on where that one stood.\n' +
        `Venues: ${LIVE_VENUES.join(', ')}; and itch (Nasdaq TotalView-ITCH over MoldUDP64 or SoupBinTCP).`,
    )
    .requiredOption('--venue <V[=A,B]>', 'venue, with its instruments; may be given several times', collect)
    .option('--symbols <A,B>', 'instruments of the only venue, as it writes them', nameList)
    .option('--url <[V=]ws://...>', "another server's address, without a path (default: the venue's own)", collect)
    .option('--rest-url <[V=]http://...>', 'and that of its REST interface (default: the same host)', collect)
    .addOption(new Option('--redundancy <n>', 'connections with the same streams').choices(['1', '2']).default('1'))
    .option('--no-terms', 'do not ask for tick and lot sizes: units come from the messages, as in a replay')
    .option('--udp <A[,B]>', 'itch: the lines, host:port or group:port@interface', nameList)
    .option('--retransmit <A,B>', 'itch: servers that send messages again, host:port', nameList)
    .option('--soup <host:port>', 'itch: over SoupBinTCP instead; the password is in TAPEHEAD_SOUP_PASSWORD')
    .option('--soup-user <name>', 'itch: who logs in')
    .option('--session <name>', "itch: the venue's session (default: the one under way)")
    .option('--record <dir>', 'keep every raw frame there, for replay', directory)
    .option('--rotate-mb <n>', 'begin a new file after so many MB on disk', positiveNumber('MB'), 256)
    .option('--rotate-minutes <n>', 'or after so many minutes', positiveNumber('minutes'), 60)
    .option('--for <time>', 'stop after so long: 10s, 5m, 2h', timeSpan)
    .option('--log <dir>', 'where the log goes (default: a new directory under tapehead-log/)', directory)
    .option('--strategy <S>', "a shipped strategy's name, or the path of a module; may be given several times", collect)
    .option('--params <a=1,b=x>', "the strategy's parameters, or a JSON object of them")
    .option('--config <file>', 'strategies, accounts, limits, venue and commands of the run, as JSON')
    .addOption(new Option('--orders <to>', 'where orders go: paper (default) or the venue').choices(['paper', 'venue']))
    .option(
      '--key-file <file>',
      "the account's key, JSON, readable by its owner only (default: TAPEHEAD_BINANCE_KEY, ...)",
    )
    .option('--no-write-ahead', 'orders leave before the record that allowed them is on the disk')
    .option('--dashboard [port]', 'serve a dashboard of the run, on this machine (default: any free port)', port)
    .option('--latch <file>', 'where latched kill switches are kept: they hold in the next run with this file')
    .option('--report <dir>', 'write the report as a page (index.html), CSV and JSON', directory)
    .option('--seed <n>', 'seed of everything random in the run', nonNegativeInteger, 1)
    .option('--no-pin', 'leave threads unpinned')
    .option('--stamps <n>', 'time every stage of one event in so many; 0: of none', nonNegativeInteger, DEFAULT_STAMPS)
    .option('--no-sync', 'do not wait for the disk: a power cut may lose the end of the log')
    .option('--json', 'print one JSON object at the end');
  addDashboardOptions(command).action(action);
}

/** The options of `tapehead record`. */
import { type Command, Option } from 'commander';
import { LIVE_VENUES } from '../feed/live/protocol.ts';
import { ITCH } from './live-itch.ts';
import { nameList, positiveNumber, timeSpan } from './options.ts';
import type { RecordOptions } from './record.ts';

export function addRecordCommand(program: Command, action: (options: RecordOptions) => Promise<void>): void {
  program
    .command('record')
    .summary("record a venue's live feed")
    .description(
      'Follows a venue live and writes every raw frame with its receive time into capture files, which replay reads. Books\n' +
        'are kept along, so that gaps are noticed and snapshots asked for. Ends on Ctrl-C, or after --for.',
    )
    .addOption(new Option('--venue <V>', 'venue').choices([...LIVE_VENUES, ITCH]).makeOptionMandatory())
    .option('--symbols <A,B>', 'instruments, as the venue writes them (itch: all where left out)', nameList)
    .requiredOption('--out <dir>', 'a directory without captures')
    .option('--url <ws://...>', "another server's address, without a path (default: the venue's own)")
    .option('--rest-url <http://...>', 'and that of its REST interface (default: the same host)')
    .addOption(new Option('--redundancy <n>', 'connections with the same streams').choices(['1', '2']).default('1'))
    .option('--udp <A[,B]>', 'itch: the lines, host:port or group:port@interface', nameList)
    .option('--retransmit <A,B>', 'itch: servers that send messages again, host:port', nameList)
    .option('--soup <host:port>', 'itch: over SoupBinTCP instead; the password is in TAPEHEAD_SOUP_PASSWORD')
    .option('--soup-user <name>', 'itch: who logs in')
    .option('--session <name>', "itch: the venue's session (default: the one under way)")
    .option('--rotate-mb <n>', 'begin a new file after so many MB on disk', positiveNumber('MB'), 256)
    .option('--rotate-minutes <n>', 'or after so many minutes', positiveNumber('minutes'), 60)
    .option('--for <time>', 'stop after so long: 10s, 5m, 2h', timeSpan)
    .option('--json', 'print one JSON object at the end')
    .action(action);
}

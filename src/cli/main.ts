#!/usr/bin/env node
/**
 * argv → command → run. The only place that reads the process, with terminal.ts. A command's own code is loaded when it runs: what
 * this file imports is what `--help` needs.
 */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Command, CommanderError, Option } from 'commander';
import { BugError } from '../core/assert.ts';
import { messageOf, TapeheadError } from '../core/errors.ts';
import { DEFAULT_STAMPS } from '../core/trace.ts';
import { SHIPPED_NAMES } from '../strategy/shipped/names.ts';
import type { BenchOptions } from './bench.ts';
import type { BookOptions } from './book.ts';
import type { DashboardCommandOptions } from './dashboard.ts';
import { addDashboardOptions, port } from './dashboard-options.ts';
import { addLiveCommand } from './live-command.ts';
import type { LogOptions, RecoverOptions, RerunOptions } from './log-commands.ts';
import { addOptionCommand } from './option-command.ts';
import {
  collect,
  date,
  directory,
  FORMAT_NAMES,
  factor,
  nameList,
  nonNegativeInteger,
  positiveInteger,
  positiveNumber,
  speed,
  threads,
} from './options.ts';
import { addRecordCommand } from './record-command.ts';
import type { ReplayOptions } from './replay.ts';
import type { ReportOptions } from './report.ts';
import type { SimulateOptions } from './simulate.ts';
import { addStressCommand } from './stress-command.ts';
import type { SweepOptions } from './sweep.ts';
import { processTerminal, untilBegun } from './terminal.ts';
import { addVarBacktestCommand } from './var-backtest-command.ts';
import { addVarCommand } from './var-command.ts';
import { addVenueCommand } from './venue-command.ts';

const USAGE_EXIT = 2;

const terminal = processTerminal();
const { version } = JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')) as {
  version: string;
};

const program = new Command('tapehead')
  .description('Low-latency market-data and trading analytics engine: exact books, and a log that proves every run.')
  .version(version)
  .showHelpAfterError('(tapehead --help lists the commands; tapehead COMMAND --help their options)')
  .exitOverride();

const formatOption = () =>
  new Option('--format <format>', 'format of the recording (default: found from its content)').choices(FORMAT_NAMES);
const dateOption = () =>
  new Option('--date <YYYY-MM-DD>', 'day of an ITCH recording, which holds only times of day').argParser(date);

const replayCommand = program
  .command('replay')
  .summary('run a recorded session through the whole spine, with strategies or without')
  .description(
    'Replays a recording: feed → ring → books → journal → audit log. Several files of one stream are consecutive;\n' +
      'captures of different venues (replay A/ B/) are merged by receive time.\n' +
      'The same recording always gives the same log, whatever the threads, the speed and the machine.\n' +
      'With --strategy or --config it trades: strategies, pre-trade risk, orders and a simulated venue run along.\n' +
      `Strategies that come along: ${SHIPPED_NAMES.join(', ')}.`,
  )
  .argument(
    '<recording...>',
    'ITCH 5.0, LOBSTER, Binance or capture files; plain, gzip, zstd or zip; or a directory that record filled',
  )
  .addOption(formatOption())
  .option('--symbols <A,B>', 'keep only these instruments', nameList)
  .option('--log <dir>', 'where the log goes (default: a new directory under tapehead-log/)', directory)
  .addOption(
    new Option('--speed <speed>', "'max', or a multiple of the recording's own pace")
      .argParser(speed)
      .default(Number.POSITIVE_INFINITY, 'max'),
  )
  .addOption(new Option('--threads <n>', 'worker threads: 3, 2 or 1').argParser(threads).default(3))
  .option('--seed <n>', 'seed of everything random in the run', nonNegativeInteger, 1)
  .addOption(dateOption())
  .option('--strategy <S>', "a shipped strategy's name, or the path of a module; may be given several times", collect)
  .option('--params <a=1,b=x>', "the strategy's parameters, or a JSON object of them")
  .option('--config <file>', 'strategies, accounts, limits, venue and commands of the run, as JSON')
  .option('--latch <file>', 'where latched kill switches are kept: they hold in the next run with this file')
  .option('--report <dir>', 'write the report as a page (index.html), CSV and JSON', directory)
  .option('--no-pin', 'leave threads unpinned')
  .option('--stamps <n>', 'time every stage of one event in so many; 0: of none', nonNegativeInteger, DEFAULT_STAMPS)
  .option('--no-sync', 'do not wait for the disk: a power cut may lose the end of the log')
  .option('--json', 'print one JSON object')
  .option('--dashboard [port]', 'serve a dashboard of the run, on this machine (default: any free port)', port)
  .option('--hold', 'keep the dashboard open behind the end, until Ctrl-C (default: on a terminal)')
  .action((recordings: string[], options: ReplayOptions) =>
    runUntilAsked(async () =>
      (await import('./replay.ts')).replay(recordings, options, terminal, { environment: process.env, version }),
    ),
  );
addDashboardOptions(replayCommand);

program
  .command('sweep')
  .summary('a strategy over a grid of parameters, on all cores')
  .description(
    'Replays every cell of a parameter grid, as many at a time as there are cores, and prints a table with the head hash of\n' +
      'each. Started again with the same --out, it goes on where it stopped.',
  )
  .argument('<recording...>', 'as for replay')
  .requiredOption('--strategy <S>', "a shipped strategy's name, or the path of a module")
  .requiredOption('--grid <a=1,2;b=x,y>', 'parameters and their values')
  .option('--params <a=1,b=x>', 'parameters that all cells have')
  .option('--config <file>', 'as for replay')
  .addOption(formatOption())
  .addOption(dateOption())
  .option('--symbols <A,B>', 'keep only these instruments', nameList)
  .option('--seed <n>', 'seed of everything random in the runs', nonNegativeInteger)
  .option('--out <dir>', 'where results go (default: a directory under tapehead-sweep/)', directory)
  .option('--jobs <n>', 'cells at a time (default: the number of cores)', positiveInteger)
  .option('--sort <column>', 'column to sort by, the largest first; -column: the smallest first')
  .option('--keep-logs', "keep every cell's log")
  .option('--json', 'print one JSON object')
  .action((recordings: string[], options: SweepOptions) =>
    run(async () =>
      (await import('./sweep.ts')).sweep(
        recordings,
        options,
        [process.execPath, fileURLToPath(import.meta.url)],
        terminal,
      ),
    ),
  );

program
  .command('book')
  .summary("print an instrument's book")
  .description('The book after message K, at the end, or after every event.')
  .argument('<recording...>', 'as for replay')
  .option('--symbol <S>', 'instrument, as the venue names it (may be left out where there is only one)')
  .addOption(formatOption())
  .addOption(dateOption())
  .option('--levels <n>', 'levels a side (default: 10; all with --json or --orders)', positiveInteger)
  .option('--at <K>', 'the book after message K of the recording', positiveInteger)
  .option('--every', 'one row after every message that changes the book (with --csv or --json)')
  .option('--orders', 'every level with its size and number of orders')
  .option('--csv', 'rows as in a LOBSTER orderbook file behind tsEvent in ns; prices and sizes as integers')
  .option('--json', 'JSON, best level first')
  .action((recordings: string[], options: BookOptions) =>
    run(async () => (await import('./book.ts')).book(recordings, options, terminal)),
  );

program
  .command('verify')
  .summary("check a log's integrity")
  .description(
    'Checks every byte of a log: checksums, sequence, hash chain. Exit 0 and the head hash, or 1 and what is wrong.',
  )
  .argument('<log>', 'log directory')
  .option('--json', 'print one JSON object')
  .action((dir: string, options: { json?: boolean }) =>
    run(async () => (await import('./log-commands.ts')).verify(dir, options, terminal)),
  );

program
  .command('rerun')
  .summary('re-execute a log and compare every record')
  .description(
    "Feeds the log's inputs to a fresh engine and compares every record. Exit 0 if identical, 1 at the first divergence.",
  )
  .argument('<log>', 'log directory')
  .option(
    '--strategies <dir>',
    "folder that the paths of the log's strategies are relative to (default: this one)",
    directory,
  )
  .option('--json', 'print one JSON object')
  .action((dir: string, options: RerunOptions) =>
    run(async () => (await import('./log-commands.ts')).rerun(dir, options, terminal)),
  );

program
  .command('log')
  .summary('read a log')
  .description('Prints the records of a log, one line each.')
  .argument('<log>', 'log directory')
  .option('--type <T>', 'record type, such as Add, Trade, Bbo, BookState')
  .option('--symbol <S>', 'records of one instrument')
  .option('--from <T>', 'from this time on: HH:MM:SS[.ns] of the session, or ISO 8601')
  .option('--to <T>', 'up to this time')
  .option('--seq <A..B>', 'sequence numbers: A..B, A.., ..B or one')
  .option('--limit <n>', 'at most so many records', positiveInteger)
  .option('--order <id>', "an order's whole story, by its OrderID or any of its ClOrdIDs", positiveInteger)
  .option('--why <seq>', 'what led to this record, back to the input at the root of it', positiveInteger)
  .option('--json', 'one JSON object a line')
  .action((dir: string, options: LogOptions) =>
    run(async () => (await import('./log-commands.ts')).log(dir, options, terminal)),
  );

program
  .command('report')
  .summary('what a log says of the trading in it')
  .description('Orders, fills, P&L, drawdown, latencies of a run with strategies, from its log alone.')
  .argument('<log>', 'log directory')
  .option('--html <dir>', 'write a page (index.html), CSV and JSON as well', directory)
  .option('--json', 'print one JSON object')
  .action((dir: string, options: ReportOptions) =>
    run(async () => (await import('./report.ts')).report(dir, options, terminal)),
  );

const dashboardCommand = program
  .command('dashboard')
  .summary('look at a finished log in a browser')
  .description(
    'Serves the dashboard over a finished log, with a slider for any moment of it, until Ctrl-C. Tokens: from the environment\n' +
      '(TAPEHEAD_DASHBOARD_VIEW_TOKEN), from a file, or made up and printed.',
  )
  .argument('<log>', 'log directory')
  .addOption(new Option('--port <port>', 'where it listens; 0: any free port').argParser(port).default(0))
  .action((dir: string, options: DashboardCommandOptions) =>
    run(async () => (await import('./dashboard.ts')).dashboard(dir, options, process.env, version, terminal)),
  );
addDashboardOptions(dashboardCommand);

program
  .command('recover')
  .summary('close a log whose run was killed')
  .description('Cuts the torn tail of a log that was never closed, says what it cut, and seals the rest.')
  .argument('<log>', 'log directory')
  .option('--accept-loss', 'cut a damaged log at its first damage, although records that were made durable are lost')
  .option('--json', 'print one JSON object')
  .action((dir: string, options: RecoverOptions) =>
    run(async () => (await import('./log-commands.ts')).recover(dir, options, terminal)),
  );

addRecordCommand(program, (options) =>
  runUntilAsked(async () => (await import('./record.ts')).record(options, terminal)),
);
addLiveCommand(program, (options) =>
  runUntilAsked(async () => (await import('./live.ts')).live(options, terminal, { environment: process.env, version })),
);
addVenueCommand(program, (options) => runUntilAsked(async () => (await import('./venue.ts')).venue(options, terminal)));
addVarCommand(program, (options) => run(async () => (await import('./var.ts')).valueAtRisk(options, terminal)));
addVarBacktestCommand(program, (options) =>
  run(async () => (await import('./var-backtest.ts')).varBacktest(options, terminal)),
);
addStressCommand(program, (options) => run(async () => (await import('./stress.ts')).stress(options, terminal)));
addOptionCommand(program, (options) => run(async () => (await import('./option.ts')).option(options, terminal)));

const benchCommand = program
  .command('bench')
  .usage('[options] [name...]\n       tapehead bench compare [options] <A.json> <B.json>')
  .summary('measure')
  .description(
    'Runs benchmarks, checks their answers and says how fast they were. Without names: all of them, some ten minutes.\n' +
      'compare: what differs between two results, and whether it is more than noise.',
  )
  .argument('[name...]', 'benchmarks to run; --list shows them')
  .option('--list', 'print the benchmarks, and what each one measures')
  .option('--smoke', 'small and quick: checks the answers, not the speed')
  .option('--duration <S>', 'seconds of each timed stretch of paced benchmarks', positiveNumber('seconds'))
  .option('--rate <R>', 'messages a second of paced benchmarks', positiveNumber('messages a second'))
  .addOption(
    new Option('--schedule <S>', 'how the messages of paced benchmarks come').choices(['even', 'poisson', 'bursts']),
  )
  .option('--file <F>', 'ITCH recording to measure with (default: one from the generator in ../shared, or replay-data)')
  .option('--out <dir>', 'write results.json, report.html and HdrHistogram files (.hgrm) there', directory)
  .option('--json', 'print one JSON object')
  .helpCommand(false)
  .action((names: string[], options: BenchOptions) =>
    run(async () => (await import('./bench.ts')).bench(names, options)),
  );

benchCommand
  .command('compare')
  .summary('compare two results')
  .description(
    'Compares two results (results.json of --out, or what --json printed), figure by figure, with confidence intervals.\n' +
      'Exit 1 when B is slower than A beyond noise.',
  )
  .argument('<A.json>', 'before')
  .argument('<B.json>', 'after')
  .option('--json', 'print one JSON object')
  .action((a: string, b: string, _options: object, command: Command) =>
    run(async () => (await import('./bench.ts')).benchCompare(a, b, command.optsWithGlobals<{ json?: boolean }>())),
  );

program
  .command('simulate')
  .summary('make recordings with the market simulator')
  .description('Writes an ITCH 5.0 session, a Binance-format session and what the simulator knows of their outcome.')
  .argument('<dir>', 'where to')
  .option('--seed <n>', 'other markets (default: the seed of replay-data/)', nonNegativeInteger)
  .option('--activity <x>', 'messages relative to replay-data/', factor, 1)
  .action((dir: string, options: SimulateOptions) =>
    run(async () => (await import('./simulate.ts')).simulate(dir, options, terminal)),
  );

/** Runs a command and turns whatever comes of it into an exit code and, at most, one line. */
async function run(command: () => number | Promise<number>): Promise<void> {
  try {
    process.exitCode = await command();
  } catch (error) {
    complain(error);
  }
}

/** Of a command that ends its work when it is asked to, which it can only once it has begun. */
function runUntilAsked(command: () => Promise<number>): Promise<void> {
  const begun = untilBegun();
  return run(command).finally(begun);
}

function complain(error: unknown): void {
  if (error instanceof TapeheadError) {
    terminal.err(`tapehead: ${error.message}\n`);
    process.exitCode = error.code === 'USAGE' ? USAGE_EXIT : 1;
    return;
  }
  // A bug of ours: here, and only here, a stack is worth printing.
  const stack = error instanceof Error && error.stack !== undefined ? error.stack : messageOf(error);
  const what = error instanceof BugError ? 'a broken invariant' : 'an unexpected failure';
  terminal.err(`tapehead: this is a bug in tapehead (${what}); please report it with the lines below\n${stack}\n`);
  process.exitCode = 70;
}

try {
  if (process.argv.length <= 2) program.outputHelp();
  else await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = error.exitCode === 0 ? 0 : USAGE_EXIT;
  else complain(error);
}

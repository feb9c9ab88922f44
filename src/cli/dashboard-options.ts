/** Options of everything that is served as a dashboard, and what is printed of it. */
import type { Command } from 'commander';
import { InvalidArgumentError } from 'commander';
import { TapeheadError } from '../core/errors.ts';
import type { Opened } from '../dashboard/messages.ts';
import type { DashboardOptions } from '../dashboard/options.ts';
import { ROLES } from '../dashboard/protocol.ts';
import { tokensOfEnvironment, tokensOfFile } from '../dashboard/tokens.ts';
import { collect } from './options.ts';
import type { Terminal } from './terminal.ts';

export interface DashboardFlags {
  readonly dashboardHost?: string;
  readonly dashboardTokens?: string;
  readonly dashboardCert?: string;
  readonly dashboardKey?: string;
  readonly dashboardOrigin?: readonly string[];
}

export function port(text: string): number {
  const value = Number(text);
  if (/^\d{1,5}$/.test(text) && value <= 65535) return value;
  throw new InvalidArgumentError('expected a port, 0-65535 (0: any free one).');
}

export function addDashboardOptions(command: Command): Command {
  return command
    .option('--dashboard-host <address>', 'where the dashboard listens; others than this machine need TLS and tokens')
    .option('--dashboard-tokens <file>', 'JSON file of tokens by role (mode 600), instead of the environment')
    .option('--dashboard-cert <file>', 'certificate of the dashboard, PEM')
    .option('--dashboard-key <file>', 'its key, PEM')
    .option(
      '--dashboard-origin <origin>',
      'another origin whose pages may connect; may be given several times',
      collect,
    );
}

/** Throws USAGE or NO_FILE. */
export function dashboardOptions(
  port: number,
  flags: DashboardFlags,
  environment: Readonly<Record<string, string | undefined>>,
): DashboardOptions {
  const { dashboardCert: certFile, dashboardKey: keyFile } = flags;
  if ((certFile === undefined) !== (keyFile === undefined)) {
    throw new TapeheadError('USAGE', '--dashboard-cert and --dashboard-key belong together');
  }
  return {
    port,
    tokens:
      flags.dashboardTokens === undefined ? tokensOfEnvironment(environment) : tokensOfFile(flags.dashboardTokens),
    ...(flags.dashboardHost === undefined ? {} : { host: flags.dashboardHost }),
    ...(certFile === undefined || keyFile === undefined ? {} : { tls: { certFile, keyFile } }),
    ...(flags.dashboardOrigin === undefined ? {} : { origins: flags.dashboardOrigin }),
  };
}

/** Where it is, and with what to sign in where nobody chose the tokens. */
export function openedText({ url, madeUp, library, remark }: Opened, terminal: Terminal): string {
  const on = terminal.dim(`(${library}${remark === '' ? '' : `: ${remark}`})`);
  const lines = [`tapehead: dashboard at ${terminal.bold(url)} ${on}\n`];
  if (madeUp === null) return lines.join('');
  for (const role of ROLES) lines.push(`tapehead:   token to ${role.padEnd(6)}${madeUp[role] ?? ''}\n`);
  return lines.join('');
}

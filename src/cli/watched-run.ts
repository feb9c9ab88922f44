/** A run with a dashboard, as the command line sees it: says where it is, keeps it open behind the end, ends it. */

import { TapeheadError } from '../core/errors.ts';
import { printable } from '../core/printable.ts';
import type { DashboardSetup, Run } from '../engine.ts';
import { type DashboardFlags, dashboardOptions, openedText } from './dashboard-options.ts';
import type { Terminal } from './terminal.ts';

export interface WatchFlags extends DashboardFlags {
  /** Port; true: any free one. */
  readonly dashboard?: number | true;
  readonly hold?: boolean;
}

/** Options that mean nothing without a dashboard. */
const OF_DASHBOARD: readonly (readonly [keyof WatchFlags, string])[] = [
  ['hold', '--hold'],
  ['dashboardHost', '--dashboard-host'],
  ['dashboardTokens', '--dashboard-tokens'],
  ['dashboardCert', '--dashboard-cert'],
  ['dashboardKey', '--dashboard-key'],
  ['dashboardOrigin', '--dashboard-origin'],
];

/** What the command line alone knows. */
export interface Surroundings {
  readonly environment: Readonly<Record<string, string | undefined>>;
  readonly version: string;
}

/** Null where no dashboard is asked for. Throws USAGE or NO_FILE. */
export function dashboardSetup(flags: WatchFlags, around: Surroundings): DashboardSetup | null {
  if (flags.dashboard === undefined) {
    const idle = OF_DASHBOARD.find(([name]) => flags[name] !== undefined);
    if (idle !== undefined) throw new TapeheadError('USAGE', `${idle[1]} is about a dashboard: add --dashboard`);
    return null;
  }
  const port = flags.dashboard === true ? 0 : flags.dashboard;
  return { ...dashboardOptions(port, flags, around.environment), version: around.version };
}

export class WatchedRun {
  private readonly run: Run;
  private readonly terminal: Terminal;
  private readonly holds: boolean;
  private endHold: () => void = () => {};
  private isInterrupted = false;
  private isServed = false;

  constructor(run: Run, flags: WatchFlags, terminal: Terminal) {
    this.run = run;
    this.terminal = terminal;
    this.holds = flags.dashboard !== undefined && (flags.hold ?? terminal.progressIsTty);
  }

  /** Says where it is, once it listens. Where it can't, the run's own end says why. */
  async begin(): Promise<void> {
    const { run, terminal } = this;
    const opened = await run.dashboard;
    if (opened === null) return;
    this.isServed = true;
    terminal.err(openedText(opened, terminal));
    run.onSaid = (line) => terminal.err(`tapehead: ${printable(line)}\n`);
  }

  interrupt(): void {
    this.isInterrupted = true;
    this.endHold();
  }

  /** The run is over: on a terminal, or with --hold, the dashboard stays until Ctrl-C. */
  async hold(): Promise<void> {
    if (!this.isServed || this.isInterrupted || !this.holds) return;
    this.terminal.err('tapehead: the run has ended; its dashboard stays until Ctrl-C\n');
    await new Promise<void>((resolve) => {
      this.endHold = resolve;
    });
  }

  async end(): Promise<void> {
    await this.run.endDashboard();
  }
}

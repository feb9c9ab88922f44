/** `tapehead dashboard`: the page over a finished log, any moment of it. */
import { fileURLToPath } from 'node:url';
import { LogServer } from '../dashboard/log-server.ts';
import { servingOptions } from '../dashboard/options.ts';
import { CHECK_NAMES } from '../risk/checks.ts';
import { type DashboardFlags, dashboardOptions, openedText } from './dashboard-options.ts';
import { count, type Terminal } from './terminal.ts';

export interface DashboardCommandOptions extends DashboardFlags {
  readonly port: number;
}

/** Serves until it is interrupted. */
export async function dashboard(
  directory: string,
  options: DashboardCommandOptions,
  environment: Readonly<Record<string, string | undefined>>,
  version: string,
  terminal: Terminal,
): Promise<number> {
  const chosen = dashboardOptions(options.port, options, environment);
  const serving = servingOptions(chosen);
  const served = await LogServer.start(directory, {
    serving,
    tapehead: version,
    checkNames: CHECK_NAMES,
    assetsDirectory: fileURLToPath(new URL('../dashboard/page/assets', import.meta.url)),
    progress: () => new Promise((resolve) => setImmediate(resolve)), // so that an interrupt is heard
  });
  const { server, archive } = served;
  const madeUp = serving.areTokensMadeUp ? serving.tokens : null;
  const { url, library, remark } = server;
  terminal.err(openedText({ url, library, remark, madeUp }, terminal));
  terminal.err(`tapehead: ${count(archive.records)} records; Ctrl-C ends it\n`);
  await new Promise<void>((resolve) => {
    terminal.onInterrupt(resolve, () => served.close());
  });
  await served.close();
  return 0;
}

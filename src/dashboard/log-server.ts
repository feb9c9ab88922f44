/** A finished log, served: the same page and protocol as beside a run, with time to go back and forth in. */
import { type ArchiveOptions, LogArchive } from './log-archive.ts';
import type { ServingOptions } from './options.ts';
import { DashboardServer } from './server.ts';
import { storyLines } from './story.ts';

/** Nothing changes by itself: clients are served so often. */
const TICK_MS = 10;

export interface LogServerOptions extends ArchiveOptions {
  readonly serving: ServingOptions;
  readonly tapehead: string;
  readonly checkNames: readonly string[];
  readonly assetsDirectory: string | null;
}

export class LogServer {
  readonly server: DashboardServer;
  readonly archive: LogArchive;
  private readonly timer: NodeJS.Timeout;

  private constructor(server: DashboardServer, archive: LogArchive) {
    this.server = server;
    this.archive = archive;
    this.timer = setInterval(() => server.tick(), TICK_MS);
  }

  /** Reads the log, then listens. Throws TapeheadError for a log that can't be read and a port that can't be had. */
  static async start(directory: string, options: LogServerOptions): Promise<LogServer> {
    const archive = await LogArchive.open(directory, options);
    const { view } = archive;
    const { model } = view;
    const { names, firstNs, nowNs } = model;
    const server = await DashboardServer.start(options.serving, {
      view,
      hello: () => ({
        mode: 'log',
        sessionMidnightNs: String(model.sessionMidnightNs),
        strategies: names.strategies,
        accounts: names.accounts,
        currency: names.settings.baseCurrency,
        isCurrencyAssumed: names.isCurrencyAssumed,
        fromNs: Math.max(0, firstNs),
        toNs: nowNs,
        tapehead: options.tapehead,
      }),
      port: null,
      travel: archive,
      story: (orderId) => storyLines(directory, orderId, options.checkNames),
      assetsDirectory: options.assetsDirectory,
    });
    return new LogServer(server, archive);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.server.close();
  }
}

/** A dashboard's server without a run: a model that a test feeds, commands that a test looks at. */
import { fileURLToPath } from 'node:url';
import type { Command } from '../../src/config/commands.ts';
import { Counter, createTelemetryBuffer, Telemetry } from '../../src/core/counters.ts';
import type { Opened } from '../../src/dashboard/messages.ts';
import { Gauges } from '../../src/dashboard/model/gauges.ts';
import { Model } from '../../src/dashboard/model/model.ts';
import { type DashboardOptions, servingOptions } from '../../src/dashboard/options.ts';
import type { Hello } from '../../src/dashboard/protocol.ts';
import { DashboardServer } from '../../src/dashboard/server.ts';
import { makeTokens, type Tokens } from '../../src/dashboard/tokens.ts';
import type { View } from '../../src/dashboard/topics.ts';

/** What the build made of the page. */
const PAGE = fileURLToPath(new URL('../../src/dashboard/page/assets', import.meta.url));

export class DashboardRig {
  readonly server: DashboardServer;
  readonly view: View;
  readonly opened: Opened;
  readonly tokens: Tokens;
  readonly commands: Command[];
  readonly telemetry: Telemetry;
  private readonly timer: NodeJS.Timeout;

  private constructor(server: DashboardServer, view: View, tokens: Tokens, commands: Command[], telemetry: Telemetry) {
    this.server = server;
    this.view = view;
    this.tokens = tokens;
    this.commands = commands;
    this.telemetry = telemetry;
    const { url, library, remark } = server;
    this.opened = { url, library, remark, madeUp: tokens };
    this.timer = setInterval(() => server.tick(), 2);
  }

  /**
   * `shiftMs` is added to the server's clock, and may be changed by the test; with `atMs` the clock stands there, and time passes
   * only where the test says so and calls `server.tick`. Before the run has begun nobody is greeted.
   */
  static async start(
    options: Partial<DashboardOptions> = {},
    clock: { shiftMs: number; atMs?: number } = { shiftMs: 0 },
    run: { hasBegun: boolean; readonly hello?: Partial<Hello>; readonly hasPage?: boolean } = { hasBegun: true },
  ): Promise<DashboardRig> {
    const tokens = options.tokens ?? makeTokens();
    const telemetry = new Telemetry(createTelemetryBuffer());
    telemetry.counters[Counter.Events] = 12;
    const sources = { telemetry, journal: null, journalReaders: [], feedRing: null, logDirectory: '' };
    const view: View = { model: new Model(), gauges: new Gauges(sources), epoch: 0 };
    const commands: Command[] = [];
    const server = await DashboardServer.start(servingOptions({ port: 0, ...options, tokens }), {
      view,
      hello: () =>
        !run.hasBegun
          ? null
          : {
              mode: 'replay',
              sessionMidnightNs: '0',
              strategies: [],
              accounts: [],
              currency: '',
              isCurrencyAssumed: false,
              fromNs: 0,
              toNs: 0,
              tapehead: 'test',
              ...run.hello,
            },
      port: { send: (command) => commands.push(command) },
      travel: null,
      story: async (orderId) => [`order ${orderId}`],
      assetsDirectory: run.hasPage === true ? PAGE : null,
      now: () => clock.atMs ?? performance.now() + clock.shiftMs,
    });
    return new DashboardRig(server, view, tokens, commands, telemetry);
  }

  async close(): Promise<void> {
    clearInterval(this.timer);
    await this.server.close();
  }
}

/**
 * Faults over real sockets, from process to process: `tapehead venue` makes one, `tapehead live` follows it, its book heals, and both
 * summaries name what happened. All faults at all venues, in virtual time: test/live/faults.test.ts.
 */
import assert from 'node:assert/strict';
import { join } from 'node:path';
import { type TestContext, test } from 'node:test';
import { type CommandResult, startTapehead, temporaryFolder } from '../support/command.ts';

interface Started {
  readonly child: ReturnType<typeof startTapehead>['child'];
  readonly done: Promise<CommandResult>;
  /** Resolves with the match once something that matches was printed; fails when the process ends. */
  printed(pattern: RegExp): Promise<RegExpExecArray>;
}

function start(t: TestContext, args: readonly string[]): Started {
  const { child, done } = startTapehead(args);
  t.after(() => child.kill('SIGKILL'));
  let text = '';
  let wake = (): void => {};
  const hear = (piece: string): void => {
    text += piece;
    wake();
  };
  child.stdout?.on('data', hear);
  child.stderr?.on('data', hear);
  return {
    child,
    done,
    printed: (pattern) =>
      new Promise((resolve, reject) => {
        wake = () => {
          const match = pattern.exec(text);
          if (match !== null) resolve(match);
        };
        wake();
        void done.then(() => reject(new Error(`it ended without ${pattern}: ${text}`)));
      }),
  };
}

interface Fault {
  readonly name: string;
  readonly protocol: string;
  readonly symbol: string;
  /** As it is asked of the venue while live follows it: until it is said, or of the next frames. */
  readonly asked: { readonly faults: string } | { readonly next: Readonly<Record<string, number>> };
  /** What live says of it, before the book is live again. */
  readonly said: RegExp;
  /** In live's summary. */
  readonly named: RegExp;
}

const FAULTS: readonly Fault[] = [
  {
    name: 'drop',
    protocol: 'bybit',
    symbol: 'BTCUSDT',
    asked: { next: { drop: 20 } },
    said: /stale: /,
    named: /sequence +[1-9]\d* gaps?/,
  },
  {
    name: 'corrupt',
    protocol: 'binance',
    symbol: 'BTCUSDT',
    asked: { next: { corrupt: 1 } },
    said: /a frame that is not what the venue sends: reconnecting/,
    named: /Connection ([2-9]|\d\d)/,
  },
  {
    name: 'disconnect',
    protocol: 'binance',
    symbol: 'BTCUSDT',
    asked: { next: { disconnect: 1 } },
    said: /connection 1 lost: closed by the venue/,
    named: /Connection ([2-9]|\d\d)/,
  },
  {
    name: 'stall',
    protocol: 'bybit',
    symbol: 'BTCUSDT',
    asked: { faults: 'stall:100ms@200ms' },
    said: /stale: /,
    named: /sequence +[1-9]\d* gaps?/,
  },
  {
    name: 'checksum',
    protocol: 'kraken',
    symbol: 'BTC/USD',
    asked: { next: { checksum: 1 } },
    said: /stale: /,
    named: /[1-9]\d* checksum failures?/,
  },
];

for (const { name, protocol, symbol, asked, said, named } of FAULTS) {
  test(`${name} over sockets: the book heals, and both summaries name it`, async (t) => {
    const venue = start(t, ['venue', '--port', '0', '--protocol', protocol, '--symbols', 'BTC', '--rate', '300']);
    const [, port] = await venue.printed(/control http:\/\/127\.0\.0\.1:(\d+)/);
    const url = `ws://127.0.0.1:${port}/${protocol}`;
    const log = join(temporaryFolder(t), 'log');
    const live = start(t, ['live', '--venue', `${protocol}=${symbol}`, '--url', url, '--log', log, '--no-pin']);
    await live.printed(/ {2}live, /);
    const setFaults = async (body: Fault['asked']): Promise<void> => {
      const address = `http://127.0.0.1:${port}/control/faults`;
      const response = await fetch(address, { method: 'POST', body: JSON.stringify(body) });
      assert.equal(response.status, 200, await response.text());
    };
    await setFaults(asked);
    await live.printed(said);
    await setFaults({ faults: '' });
    // Nothing stale behind the last line that says live.
    await live.printed(/ {2}live, (?![\s\S]* stale: )/);
    live.child.kill('SIGINT');
    const followed = await live.done;
    assert.equal(followed.code, 0, followed.stderr);
    assert.match(followed.stdout, named);
    venue.child.kill('SIGINT');
    const made = await venue.done;
    assert.equal(made.code, 0, made.stderr);
    assert.match(made.stdout, new RegExp(`fault ${name} +[1-9]`));
  });
}

/** From the command line of `live` and `record` to a live ITCH feed: MoldUDP64 on one line or two, or SoupBinTCP. */
import { TapeheadError } from '../core/errors.ts';
import type { ItchLiveOptions } from '../feed/live/itch/options.ts';
import { itchSessionBase } from '../feed/live/itch/session-clock.ts';

export const ITCH = 'itch';

export interface ItchCommandOptions {
  /** `host:port` or `group:port@interface`; a second one is the B line. */
  readonly udp?: readonly string[];
  readonly retransmit?: readonly string[];
  readonly soup?: string;
  readonly soupUser?: string;
  readonly session?: string;
  readonly symbols?: readonly string[];
  readonly rotateMb: number;
}

/** The password's place: never an argument, where everyone on the machine can read it. */
const PASSWORD = 'TAPEHEAD_SOUP_PASSWORD';

/** `recordTo`: directory, or null. Throws USAGE with one line. */
export function itchSource(
  options: ItchCommandOptions,
  recordTo: string | null,
  env: Readonly<Record<string, string | undefined>>,
): ItchLiveOptions {
  return {
    line: options.soup === undefined ? udpLine(options) : soupLine(options, options.soup, env),
    session: options.session ?? '',
    symbols: options.symbols === undefined ? null : [...new Set(options.symbols)].sort(),
    sessionBase: itchSessionBase(Date.now()),
    record:
      recordTo === null
        ? null
        : { directory: recordTo, name: 'session', fileBytes: Math.round(options.rotateMb * 1e6) },
  };
}

/** What is said where a venue other than ITCH is given one of its options. */
export function refuseItchOptions(options: Partial<ItchCommandOptions>): void {
  for (const [name, value] of [
    ['--udp', options.udp],
    ['--retransmit', options.retransmit],
    ['--soup', options.soup],
    ['--soup-user', options.soupUser],
    ['--session', options.session],
  ]) {
    if (value !== undefined) throw new TapeheadError('USAGE', `${String(name)} is for --venue ${ITCH}`);
  }
}

function udpLine({ udp, retransmit, soupUser }: ItchCommandOptions): ItchLiveOptions['line'] {
  if (udp === undefined || udp.length > 2) {
    throw new TapeheadError(
      'USAGE',
      '--venue itch: give --udp A or --udp A,B (host:port, or group:port@interface), or --soup host:port',
    );
  }
  if (soupUser !== undefined) throw new TapeheadError('USAGE', '--soup-user says nothing without --soup');
  return {
    via: 'udp',
    a: udp[0],
    ...(udp.length === 2 ? { b: udp[1] } : {}),
    ...(retransmit === undefined ? {} : { retransmit }),
  };
}

function soupLine(
  { udp, retransmit, soupUser }: ItchCommandOptions,
  soup: string,
  env: Readonly<Record<string, string | undefined>>,
): ItchLiveOptions['line'] {
  if (udp !== undefined || retransmit !== undefined) {
    throw new TapeheadError('USAGE', '--soup and --udp: give one of them');
  }
  const match = /^([^:]+):(\d{1,5})$/.exec(soup);
  const port = Number(match?.[2]);
  if (match === null || port < 1 || port > 65_535) {
    throw new TapeheadError('USAGE', `--soup ${soup} is no address: host:port`);
  }
  return { via: 'soup', host: match[1], port, user: soupUser ?? '', password: env[PASSWORD] ?? '' };
}

/** Starts the best server there is: uWebSockets.js where its binary loads, else `ws`. */
import { messageOf, TapeheadError } from '../core/errors.ts';
import type { NetHandlers, NetOptions, NetServer } from './server.ts';
import { listenUws, type Uws } from './uws-server.ts';
import { listenWs } from './ws-server.ts';

/**
 * Resolves when the server listens. Throws TapeheadError: the port is in use, a PEM file can't be read, the library that was
 * asked for does not load here.
 */
export async function listen<T>(options: NetOptions, handlers: NetHandlers<T>): Promise<NetServer> {
  if (options.library === 'ws') return listenWs(options, handlers, 'ws was asked for');
  const loaded = await loadUws();
  if (typeof loaded !== 'string') return listenUws(loaded, options, handlers);
  if (options.library === undefined) return listenWs(options, handlers, loaded);
  throw new TapeheadError('USAGE', `${loaded}; leave the choice of the library open, or choose ws`);
}

/** The library, or why it does not load. Its binaries exist for some versions of Node and of the C library only. */
async function loadUws(): Promise<Uws | string> {
  try {
    // Its names are those of a CommonJS module: only the default import has them.
    return (await import('uWebSockets.js')).default;
  } catch (error) {
    const why =
      messageOf(error)
        .split(/(?<=\))\. /)
        .at(-1) ?? '';
    return `uWebSockets.js does not load on Node ${process.versions.node}: ${why}`;
  }
}

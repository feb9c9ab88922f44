/**
 * The futures' user-data stream: a listen key from REST, kept alive every 30 minutes, and a websocket of its own ("User Data
 * Streams" of USD-M futures: a key lives 60 minutes). It dies once, as an ApiSocket does.
 */
import { messageOf, TapeheadError } from '../../core/errors.ts';
import type { GatewayWorld } from '../world.ts';
import type { Answer } from './answer.ts';
import { ApiSocket, type ApiSocketEvents, type SocketTimes } from './api-socket.ts';
import type { RateLimits } from './rate-limits.ts';

const KEEP_ALIVE_MS = 30 * 60_000;

export class UserStream {
  private readonly socket: ApiSocket;
  private readonly endKeepAlive: () => void;

  private constructor(socket: ApiSocket, endKeepAlive: () => void) {
    this.socket = socket;
    this.endKeepAlive = endKeepAlive;
  }

  /** `streams`: such as wss://fstream.binance.com; `key`: the listen key. Rejects with TapeheadError. */
  static async open(
    streams: string,
    key: string,
    keepKeyAlive: () => Promise<Answer>,
    events: ApiSocketEvents,
    times: SocketTimes,
    limits: RateLimits,
    world: GatewayWorld,
  ): Promise<UserStream> {
    const both: ApiSocketEvents = {
      event: (event) => {
        if (event.e === 'listenKeyExpired') events.down('its listen key expired');
        else events.event(event);
      },
      down: events.down,
    };
    const endKeepAlive = world.every(KEEP_ALIVE_MS, () => {
      keepKeyAlive()
        .then((kept) => {
          if (!kept.ok && kept.error.code === -1125) events.down('its listen key is gone');
        })
        .catch((error: unknown) => events.down(messageOf(error)));
    });
    try {
      const socket = await ApiSocket.open(`${streams}/ws/${key}`, both, times, limits, world);
      return new UserStream(socket, endKeepAlive);
    } catch (error) {
      endKeepAlive();
      // The address holds the listen key, which opens the account's stream to whoever has it.
      throw new TapeheadError('USAGE', messageOf(error).replaceAll(key, '…'));
    }
  }

  close(): void {
    this.endKeepAlive();
    this.socket.close();
  }
}

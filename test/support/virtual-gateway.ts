/** A gateway with an engine's end of its rings, in a world that is only thought of: every step is taken by `work`. */
import type { Prng } from '../../src/core/prng.ts';
import type { Market } from '../../src/exchange/market.ts';
import { BinanceGateway, type BinanceSettings } from '../../src/gateway/binance/gateway.ts';
import { GatewayStage } from '../../src/gateway/gateway-stage.ts';
import type { KeyMaterial } from '../../src/gateway/venue-key.ts';
import { VenueMessageWriter } from '../../src/gateway/venue-ring.ts';
import type { GatewayWorld, HttpOutcome } from '../../src/gateway/world.ts';
import { createSpsc, SpscReader } from '../../src/ring/spsc.ts';
import { GatewayEngine } from './gateway-engine.ts';
import { VIRTUAL_START_US, type VirtualWorld } from './virtual-world.ts';

const COMMANDS_AT_ONCE = 64;

export function virtualGatewayWorld(world: VirtualWorld, random: Prng): GatewayWorld {
  const originMs = VIRTUAL_START_US / 1000;
  return {
    originMs,
    nowMs: () => world.nowMs(),
    wallMs: () => originMs + Math.floor(world.nowMs()),
    random: () => random.unit(),
    after: (ms, work) => world.after(ms, work),
    every: (ms, work) => world.every(ms, work),
    connect: (url, handshakeTimeoutMs, listener) => world.connect(url, handshakeTimeoutMs, listener),
    http: () => ({
      async request({ method, url, headers, withinMs }): Promise<HttpOutcome> {
        try {
          const reply = await world.request(method, url.href, headers, withinMs);
          const lower = Object.entries(reply.headers ?? {}).map(([name, value]) => [name.toLowerCase(), value]);
          return { status: reply.status, headers: Object.fromEntries(lower), body: String(reply.body) };
        } catch (error) {
          return { lost: String(error), wasSent: true };
        }
      },
      close() {},
    }),
  };
}

export interface VirtualScene {
  readonly engine: GatewayEngine;
  /** Takes what is in the rings. */
  work(): void;
  stop(): void;
}

export function virtualGateway(
  settings: BinanceSettings,
  key: KeyMaterial,
  market: Market,
  world: GatewayWorld,
): VirtualScene {
  const orders = createSpsc(256);
  const messages = createSpsc(4096);
  const engine = new GatewayEngine(orders, messages);
  const say = (line: string): void => void engine.lines.push(line);
  const gateway = new BinanceGateway(settings, key, new VenueMessageWriter(messages), say, world);
  const stage = new GatewayStage(new SpscReader(orders), gateway, { durableSeq: null, enginePulse: () => 0 });
  engine.define(market.symbol, market.listing.priceDecimals, market.listing.qtyDecimals);
  stage.doWork(1);
  gateway.start();
  return {
    engine,
    work: () => {
      engine.poll();
      stage.doWork(COMMANDS_AT_ONCE);
    },
    stop: () => gateway.stop(),
  };
}

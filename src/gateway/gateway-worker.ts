/** Entry of the gateway's thread: one venue, one order ring in, one ring of messages out. */
import { parentPort, workerData } from 'node:worker_threads';
import { Counter, Telemetry } from '../core/counters.ts';
import { messageOf } from '../core/errors.ts';
import { SpscReader, type SpscShared } from '../ring/spsc.ts';
import { BinanceGateway, type BinanceSettings } from './binance/gateway.ts';
import { GatewayStage } from './gateway-stage.ts';
import type { KeyMaterial } from './venue-key.ts';
import { VenueMessageWriter } from './venue-ring.ts';

export interface GatewayWorkerData {
  /** Of OrderCommands (order-command.ts). */
  readonly orders: SpscShared;
  /** Of venue messages (venue-ring.ts). */
  readonly messages: SpscShared;
  /** createTelemetryBuffer() of the run: the durable watermark, and the engine's pulse. */
  readonly telemetry: SharedArrayBuffer;
  /** none: orders do not wait for the log. */
  readonly writeAhead: 'durable' | 'none';
  readonly binance: BinanceSettings;
  /** Secret: neither printed nor in any message of this thread. */
  readonly key: KeyMaterial;
}

/** What the thread says to the one that started it: lines for people. */
export interface GatewayWorkerMessage {
  readonly say: string;
}

async function main(data: GatewayWorkerData): Promise<void> {
  const writer = new VenueMessageWriter(data.messages);
  // The feed of the same venue says its lines as "binance: ...", and there may be a gateway for each of two markets.
  const venue = data.binance.market === 'spot' ? 'binance' : 'binance-usdm';
  const say = (line: string): void => {
    parentPort?.postMessage({ say: `${venue} orders: ${line}` } satisfies GatewayWorkerMessage);
  };
  const { counters } = new Telemetry(data.telemetry);
  const reader = new SpscReader(data.orders);
  try {
    const gateway = new BinanceGateway(data.binance, data.key, writer, say);
    gateway.start();
    await new GatewayStage(reader, gateway, {
      durableSeq: data.writeAhead === 'none' ? null : () => counters[Counter.DurableSeq],
      enginePulse: () => counters[Counter.LiveTurns],
      say,
    }).run();
    gateway.stop();
  } catch (error) {
    say(`the gateway stops: ${messageOf(error)}`);
    SpscReader.abandon(data.orders);
  } finally {
    writer.close();
  }
}

await main(workerData as GatewayWorkerData);

/** A gateway that takes orders from the order ring, encodes each as a binary message and writes it to a descriptor. */
import { writeSync } from 'node:fs';
import { monotonicNs } from '../../src/core/clock.ts';
import { GatewayTrace } from '../../src/core/trace.ts';
import { OrderCommand } from '../../src/gateway/order-command.ts';
import { SpscReader, type SpscShared } from '../../src/ring/spsc.ts';
import { wholeWord } from './whole-trace.ts';

/** Type, side, order type, time in force, instrument u32, ClOrdID u64, OrigClOrdID u64, quantity u64, price u64. */
const MESSAGE_BYTES = 40;
const TWO_32 = 2 ** 32;

export class NullGateway {
  written = 0;
  /** Over the ClOrdIDs and prices written, in their order. */
  checksum = 0;
  private readonly ring: SpscReader;
  private readonly command: OrderCommand;
  private readonly trace: GatewayTrace;
  private readonly whole: Float64Array;
  private readonly fd: number;
  private readonly message = new Uint8Array(MESSAGE_BYTES);
  private readonly view = new DataView(this.message.buffer);

  constructor(orders: SpscShared, trace: SharedArrayBuffer, whole: SharedArrayBuffer, fd: number) {
    this.ring = new SpscReader(orders);
    this.command = new OrderCommand(this.ring);
    this.trace = new GatewayTrace(trace);
    this.whole = new Float64Array(whole);
    this.fd = fd;
  }

  /** Writes what there is; never waits. */
  doWork(): void {
    while (this.ring.poll(1) === 1) {
      this.one();
      this.ring.release(1);
    }
  }

  isFinished(): boolean {
    return this.ring.isClosed() && this.ring.poll(1) === 0;
  }

  private one(): void {
    const { command, trace } = this;
    trace.take();
    command.pointTo(this.ring.cursor);
    this.encode();
    writeSync(this.fd, this.message, 0, MESSAGE_BYTES);
    const id = command.trace;
    if (id !== 0) {
      this.whole[wholeWord(id) + 1] = monotonicNs(); // before the stamp that ends the trace, which others wait for
      trace.written(id);
    }
    this.written++;
    this.checksum = (Math.imul(this.checksum, 31) + command.clOrdId + command.priceTicks) | 0;
  }

  private encode(): void {
    const { command, view } = this;
    view.setUint8(0, command.action);
    view.setUint8(1, command.side);
    view.setUint8(2, command.type);
    view.setUint8(3, command.timeInForce);
    view.setUint32(4, command.instrument, true);
    this.u64(8, command.clOrdId);
    this.u64(16, command.origClOrdId);
    this.u64(24, command.qtyLots);
    this.u64(32, command.priceTicks);
  }

  private u64(at: number, value: number): void {
    this.view.setUint32(at, value % TWO_32, true);
    this.view.setUint32(at + 4, value / TWO_32, true);
  }
}

/**
 * The gateway's end of the order ring: takes commands and hands them to the venue's client, on a thread that has sockets to
 * serve at the same time. It sleeps in `Atomics.waitAsync`, which lets the event loop run and wakes it some 30 us after a
 * command was published (p50 33 us, 2026-11-23, between two idle threads).
 *
 * Write-ahead: a command is held back, and all behind it, until the record that allowed it is durable, so that no order can
 * be at a venue that the log does not know of. While one is held the thread polls the watermark between turns of its event
 * loop: that takes as long as a commit does.
 */
import { OrderAction } from '../core/record.ts';
import type { SpscReader } from '../ring/spsc.ts';
import { OrderCommand } from './order-command.ts';
import type { VenueGateway } from './venue-gateway.ts';
import { GatewayAction } from './venue-message.ts';

/** Commands between two turns of the event loop. */
const BATCH = 16;
/** A log that has taken nothing for so long behind the engine's end takes nothing any more: its disk is full, or worse. */
const LAST_HELD_MS = 5_000;
const SYMBOL_WORD = 1;
const SYMBOL_BYTES = 24;

export interface StageOptions {
  /** Highest sequence number that is durable; null: orders do not wait for the log. */
  readonly durableSeq: (() => number) | null;
  /** Grows while the engine works; its standing still is what the dead-man timer watches. */
  readonly enginePulse: () => number;
  /** One line for people. */
  readonly say?: (line: string) => void;
  /** Default: LAST_HELD_MS. */
  readonly lastHeldMs?: number;
}

export class GatewayStage {
  /** Commands handed on. */
  taken = 0;
  private readonly reader: SpscReader;
  private readonly gateway: VenueGateway;
  private readonly options: StageOptions;
  private readonly command: OrderCommand;
  private isHeld = false;
  private isCancelled = false;
  private lastPulse = -1;
  private readonly closing: Promise<void>[] = [];

  constructor(reader: SpscReader, gateway: VenueGateway, options: StageOptions) {
    this.reader = reader;
    this.gateway = gateway;
    this.options = options;
    this.command = new OrderCommand(reader);
  }

  /**
   * Until the engine closes the ring and everything in it was taken. An engine that closes without CancelAll died: what it has
   * open is cancelled. So it is where the log is what died: orders that it will never hold must not hold up their cancels.
   */
  async run(): Promise<void> {
    let heldSinceMs = performance.now();
    for (;;) {
      const isClosed = this.reader.isClosed(); // before the last look
      const count = this.doWork(BATCH);
      this.watchEngine(count);
      if (!isClosed || !this.isHeld || count > 0) heldSinceMs = performance.now();
      else if (performance.now() - heldSinceMs > (this.options.lastHeldMs ?? LAST_HELD_MS)) {
        this.options.say?.(
          'the log takes nothing any more: orders that it does not hold are not sent, the others cancelled',
        );
        break;
      }
      if (count > 0 || this.isHeld) await new Promise((resolve) => setImmediate(resolve));
      else if (isClosed) break;
      else await this.reader.idleAsync();
    }
    if (!this.isCancelled) this.closing.push(this.gateway.cancelAll(0));
    await Promise.all(this.closing);
  }

  /** Hands on what may go, at most `limit` commands; how many those were. Never waits. */
  doWork(limit: number): number {
    const { reader, command, options } = this;
    const available = reader.poll(limit);
    let count = 0;
    this.isHeld = false;
    for (; count < available; count++) {
      command.pointTo(reader.cursor);
      if (options.durableSeq !== null && isOrder(command.action) && command.causeSeq > options.durableSeq()) {
        this.isHeld = true;
        break;
      }
      this.handOn();
      reader.release(1);
    }
    this.taken += count;
    return count;
  }

  private handOn(): void {
    const { command, gateway } = this;
    const { action, instrument, clOrdId, origClOrdId, qtyLots, priceTicks } = command;
    switch (action) {
      case OrderAction.New: {
        const { side, type, timeInForce, flags, stopPriceTicks } = command;
        gateway.place(instrument, { side, type, timeInForce, flags, priceTicks, stopPriceTicks }, clOrdId, qtyLots);
        break;
      }
      case OrderAction.Replace:
        gateway.replace(instrument, origClOrdId, clOrdId, qtyLots, priceTicks);
        break;
      case OrderAction.Cancel:
        gateway.cancel(instrument, origClOrdId, clOrdId);
        break;
      case GatewayAction.Define:
        gateway.define(instrument, this.symbol(), priceTicks, command.stopPriceTicks);
        break;
      case GatewayAction.Query:
        gateway.query(instrument, clOrdId, origClOrdId, qtyLots);
        break;
      case GatewayAction.Reconcile:
        gateway.reconcile(clOrdId);
        break;
      case GatewayAction.CancelAll:
        this.isCancelled = true;
        this.closing.push(gateway.cancelAll(clOrdId));
        break;
    }
  }

  /** Words 1-3 of a Define. */
  private symbol(): string {
    const { reader } = this;
    const from = (((reader.cursor & reader.mask) << 3) + SYMBOL_WORD) * 8;
    const bytes = reader.bytes.subarray(from, from + SYMBOL_BYTES);
    const end = bytes.indexOf(0);
    return String.fromCharCode(...(end < 0 ? bytes : bytes.subarray(0, end)));
  }

  private watchEngine(commands: number): void {
    const pulse = this.options.enginePulse();
    if (pulse === this.lastPulse && commands === 0) return;
    this.lastPulse = pulse;
    this.gateway.heartbeat();
  }
}

function isOrder(action: number): boolean {
  return action === OrderAction.New || action === OrderAction.Replace || action === OrderAction.Cancel;
}

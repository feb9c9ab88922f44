/**
 * One websocket connection to Coinbase Exchange. Requests are {"type":"subscribe" or "unsubscribe","product_ids":[...],
 * "channels":["level2",{"name":"ticker","product_ids":[...]}]}, all of it or nothing; the answer lists what the connection
 * has then. Signatures are not looked at. Source: docs.cdp.coinbase.com, "Exchange WebSocket Overview".
 */
import { type Connection, type FrameKind, jsonObject, type Line } from '../protocol.ts';
import { CHANNELS, type Channel, type ProductChannels } from './channels.ts';

interface Wanted {
  readonly channel: Channel;
  readonly product: ProductChannels;
}

export class CoinbaseConnection implements Connection {
  private readonly products: readonly ProductChannels[];
  /** By channel. */
  private readonly has = new Map<Channel, Set<ProductChannels>>();
  private line: Line | null = null;

  constructor(products: readonly ProductChannels[]) {
    this.products = products;
  }

  open(line: Line): void {
    this.line = line;
  }

  closed(): void {
    for (const [channel, products] of this.has) for (const product of products) product.leave(channel, this);
    this.has.clear();
  }

  send(frame: string, kind: FrameKind): void {
    this.line?.send(frame, kind);
  }

  message(frame: Buffer): void {
    const request = jsonObject(frame);
    if (request === null) {
      this.decline('Malformed JSON', '');
      return;
    }
    if (request.type !== 'subscribe' && request.type !== 'unsubscribe') {
      this.decline('Invalid message', `${String(request.type)} is not a valid type`);
      return;
    }
    const wanted = this.wanted(request);
    if (typeof wanted === 'string') this.decline(`Failed to ${request.type}`, wanted);
    else if (request.type === 'subscribe') this.subscribe(wanted);
    else this.unsubscribe(wanted);
  }

  private decline(message: string, reason: string): void {
    this.send(JSON.stringify({ type: 'error', message, reason }), 'control');
  }

  /** What a request names, or why it is refused. */
  private wanted(request: Readonly<Record<string, unknown>>): Wanted[] | string {
    const { channels } = request;
    if (!Array.isArray(channels) || channels.length === 0) return 'channels must be provided';
    const wanted: Wanted[] = [];
    for (const entry of channels as unknown[]) {
      const fields = typeof entry === 'object' && entry !== null ? (entry as Record<string, unknown>) : { name: entry };
      const channel = CHANNELS.find((one) => one === fields.name);
      if (channel === undefined) return `${String(fields.name)} is not a valid channel`;
      const ids = fields.product_ids ?? request.product_ids;
      if (!Array.isArray(ids) || ids.length === 0) return 'product_ids must be provided';
      for (const id of ids as unknown[]) {
        const product = this.products.find((one) => one.product.id === id);
        if (product === undefined) return `${String(id)} is not a valid product`;
        wanted.push({ channel, product });
      }
    }
    return wanted;
  }

  /** The answer comes first: it says what the messages behind it are of. */
  private subscribe(wanted: readonly Wanted[]): void {
    const fresh = wanted.filter(({ channel, product }) => this.has.get(channel)?.has(product) !== true);
    for (const { channel, product } of fresh) {
      const products = this.has.get(channel) ?? new Set();
      this.has.set(channel, products.add(product));
    }
    this.answer();
    for (const { channel, product } of new Set(fresh)) product.join(channel, this);
  }

  private unsubscribe(wanted: readonly Wanted[]): void {
    for (const { channel, product } of wanted) {
      const products = this.has.get(channel);
      if (products?.delete(product) !== true) continue;
      product.leave(channel, this);
      if (products.size === 0) this.has.delete(channel);
    }
    this.answer();
  }

  private answer(): void {
    const channels = [...this.has].map(([name, products]) => ({
      name,
      product_ids: [...products].map(({ product }) => product.id),
      account_ids: null,
    }));
    this.send(JSON.stringify({ type: 'subscriptions', channels }), 'control');
  }
}

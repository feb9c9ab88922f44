/**
 * The one interface of a websocket and HTTP server: `tapehead venue` and the dashboard are written against it and know no
 * library. Two implementations: uWebSockets.js, and `ws` where its binary does not load; which one runs is printed.
 *
 * A server belongs to one thread. Handlers are called on it, never inside one of the server's own calls, and must not
 * throw: what they throw is a bug and ends the process. Buffers are valid during the call only.
 */

export type ServerLibrary = 'uWebSockets.js' | 'ws';

export interface NetRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  /** Behind the question mark, as it came; '' without one. */
  readonly query: string;
  /** By lower-case name; '' where it is missing. */
  header(name: string): string;
  /** Of the peer, as text. */
  readonly remoteAddress: string;
  /** Of an HTTP request; empty for an upgrade. */
  readonly body: Buffer;
}

export interface NetReply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body: string | Uint8Array;
}

/** Null accepts the upgrade; else the refusal, answered before any websocket exists. */
export type UpgradeAnswer<T> = { readonly accept: T; readonly protocol?: string } | { readonly refuse: NetReply };

/** One websocket connection. `data` is the server's owner's, given by `upgrade`. */
export interface Peer<T> {
  /** Counts the connections of the server, from 1. */
  readonly id: number;
  readonly data: T;
  readonly remoteAddress: string;
  /** False once it is closed: everything else does nothing then. */
  readonly isOpen: boolean;
  /** Sends a frame. False: it was not even queued, because the backlog limit was reached (the peer is closed then). */
  send(frame: string | Uint8Array, isBinary: boolean): boolean;
  /** Sends frames in one write, where the system takes it: for what one turn has for a peer. Else as `send` of each. */
  sendAll(frames: readonly (string | Uint8Array)[], isBinary: boolean): boolean;
  /** Bytes queued in this process that the system has not taken. */
  backlogBytes(): number;
  /** Frames published to this topic reach it. */
  subscribe(topic: string): void;
  unsubscribe(topic: string): void;
  /** Close handshake. */
  close(code: number, reason: string): void;
  /** Cuts the connection without a word. */
  terminate(): void;
}

export interface NetHandlers<T> {
  http(request: NetRequest): NetReply | Promise<NetReply>;
  upgrade(request: NetRequest): UpgradeAnswer<T>;
  open(peer: Peer<T>): void;
  message(peer: Peer<T>, frame: Buffer, isBinary: boolean): void;
  /** What was queued has gone out (partly): there is room again. */
  drained?(peer: Peer<T>): void;
  closed(peer: Peer<T>, code: number, reason: string): void;
}

export interface NetOptions {
  /** 0: any free one. */
  readonly port: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
  /** A client's frames, at most; longer ones close it with 1009 (more than twice as long: may be cut without a close frame). */
  readonly maxFrameBytes: number;
  /** HTTP bodies, at most; longer ones are answered with 413. */
  readonly maxBodyBytes: number;
  /** A peer that has so many bytes waiting is closed. */
  readonly maxBacklogBytes: number;
  /** A peer that sends nothing, not even a pong, for so long is closed; pings are sent for it. */
  readonly idleSeconds: number;
  /** Connections of every kind at once; further ones are cut before anything is read of them. Default: no limit. */
  readonly maxConnections?: number;
  /** PEM files; without them plain http and ws. */
  readonly tls?: { readonly keyFile: string; readonly certFile: string };
  /** Instead of the best there is: for tests, and for people who want it so. */
  readonly library?: ServerLibrary;
}

export interface NetServer {
  readonly library: ServerLibrary;
  /** Why it is not uWebSockets.js, in one line; '' where it is. */
  readonly remark: string;
  readonly port: number;
  /** To every peer subscribed to the topic. */
  publish(topic: string, frame: string | Uint8Array, isBinary: boolean): void;
  /** Closes every connection and the listener. Must have resolved before the thread ends: uWebSockets.js aborts the process otherwise. */
  close(): Promise<void>;
}

/** What every venue offers, to recordings and to live connections alike. */

export interface VenueDecoder {
  /**
   * One frame of a websocket connection. Its bytes are only read during the call. Throws FrameError when it is not what
   * the venue sends; nothing of it was emitted then. The caller has set the market's receive time and sink.
   */
  frame(bytes: Uint8Array, from: number, to: number, connection: number): void;
  /** True if the answer of the venue's REST interface to this request is of use to `rest`. */
  wantsRest(url: string): boolean;
  /** An answer of the venue's REST interface. */
  rest(url: string, bytes: Uint8Array, from: number, to: number): void;
  /** The connection is gone: what it brought can't be trusted until a new snapshot. */
  disconnected(connection: number): void;
  /** What there is to say of the whole so far, for the summary. */
  remarks(): string[];
}

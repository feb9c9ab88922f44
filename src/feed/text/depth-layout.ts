/**
 * The memory that depth-scan.ts and its kernel (depth-kernel.as.ts) share, in bytes but where it says otherwise. Integers
 * only, and nothing else: the kernel is compiled with them.
 *
 *   0      float64 results   EVENT_MS ... MOST_QTY
 *   64     int32 results     SYMBOL_FROM ... UNHELD_QTY
 *   256    texts             what stands around the fields: 16 bytes of text, 16 of mask
 *   1024   masks             by length and place of the point: where each digit of a number goes, 16 bytes
 *   8192   price, qty        float64 columns
 *   24576  zeros             float64 column: the orders at a level, which Binance does not state
 *   32768  side              uint8 column
 *   40960  text              the frame at hand, zeros behind it
 */
export const EVENT_MS = 0;
export const FIRST_ID = 1;
export const FINAL_ID = 2;
export const PREVIOUS_ID = 3;
/** Largest price and quantity of the levels. */
export const MOST_PRICE = 4;
export const MOST_QTY = 5;

/** As int32 words. */
export const SYMBOL_FROM = 16;
export const SYMBOL_TO = 17;
export const PRICE_DECIMALS = 18;
export const QTY_DECIMALS = 19;
/** Not 0: some price (quantity) is no multiple of the unit that was given. */
export const UNHELD_PRICE = 20;
export const UNHELD_QTY = 21;
export const RESULT_WORDS = 22;

export const TEXTS_AT = 256;
export const TEXT_SLOT = 32;
export const MASKS_AT = 1024;
/** Longest number that is read: 16 bytes. Lengths and places of the point go from 0 to 16. */
export const MASKS_A_ROW = 17;

export const PRICES_AT = 8192;
export const QTYS_AT = 16_384;
export const ZEROS_AT = 24_576;
export const SIDES_AT = 32_768;
export const FRAME_AT = 40_960;
/** Levels of a frame, and bytes of one: more is left to the general path. */
export const MOST_LEVELS = 1024;
export const MOST_BYTES = 65_536;
export const MEMORY_PAGES = 2;

/** The texts, by their places in TEXTS (depth-scan.ts), and their lengths. */
export const T_WRAPPER = 0;
export const T_DATA = 1;
export const T_HEAD = 2;
export const T_HEAD_END = 3;
export const T_TRADE_TIME = 4;
export const T_SYMBOL = 5;
export const T_FIRST = 6;
export const T_FINAL = 7;
export const T_PREVIOUS = 8;
export const T_BIDS = 9;
export const T_ASKS = 10;

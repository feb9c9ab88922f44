/** Longest parts that two words of four digits hold. */
const MAX_DIGITS = 8;

/** How the plain numbers of a column are written, as far as the last one shows: a guess for the next. */
export class NumberShape {
  /** Digits before the point, 1 to 8, ... */
  whole = 1;
  /** ... and behind it, 1 to 8. */
  places = 1;

  /** Numbers without a point, or with longer parts, are left to the loop over digits. */
  learn(whole: number, places: number): void {
    if (whole > MAX_DIGITS || places < 1 || places > MAX_DIGITS || whole + places > 15) return;
    this.whole = whole;
    this.places = places;
  }
}

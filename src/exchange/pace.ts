/** How often a stream of a venue sends: at most once in so many µs of the venue's clock. */
export class Pace {
  readonly everyUs: number;
  private dueUs = 0;

  constructor(everyUs: number) {
    this.everyUs = everyUs;
  }

  /** Whether it is time; then the next time is `everyUs` from now. */
  isDue(nowUs: number): boolean {
    const waitUs = this.dueUs - nowUs;
    // A clock that was set back since must not silence the stream until it is there again.
    if (waitUs > 0 && waitUs <= this.everyUs) return false;
    this.dueUs = nowUs + this.everyUs;
    return true;
  }
}

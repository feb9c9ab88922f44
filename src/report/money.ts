/** Exact amounts of money: a whole number of 10^-decimals of a currency. Immutable; off the hot path. */

export class Money {
  static readonly ZERO = new Money(0n, 0);
  static readonly ONE = new Money(1n, 0);
  readonly units: bigint;
  readonly decimals: number;

  constructor(units: bigint, decimals: number) {
    this.units = units;
    this.decimals = decimals;
  }

  /** `"0.01"`, `"-5"`, `"50"`; null where the text is no plain decimal. */
  static parse(text: string): Money | null {
    const match = /^(-?)(\d+)(?:\.(\d+))?$/.exec(text.trim());
    if (match === null) return null;
    const fraction = match[3] ?? '';
    return new Money(BigInt(`${match[1]}${match[2]}${fraction}`), fraction.length);
  }

  plus(other: Money): Money {
    if (other.decimals === this.decimals) return new Money(this.units + other.units, this.decimals);
    const decimals = Math.max(this.decimals, other.decimals);
    return new Money(this.unitsAt(decimals) + other.unitsAt(decimals), decimals);
  }

  minus(other: Money): Money {
    return this.plus(new Money(-other.units, other.decimals));
  }

  times(other: Money): Money {
    return new Money(this.units * other.units, this.decimals + other.decimals);
  }

  /** Nearest float64, for charts and ratios. */
  toNumber(): number {
    return Number(this.toString());
  }

  get isZero(): boolean {
    return this.units === 0n;
  }

  /** `-12.345`: no zeros at the end, no exponent. */
  toString(): string {
    const digits = (this.units < 0n ? -this.units : this.units).toString().padStart(this.decimals + 1, '0');
    const whole = digits.slice(0, digits.length - this.decimals);
    const fraction = digits.slice(digits.length - this.decimals).replace(/0+$/, '');
    return `${this.units < 0n ? '-' : ''}${whole}${fraction === '' ? '' : `.${fraction}`}`;
  }

  /** Rounded half away from zero to `places` decimals, all of them printed, thousands separated: `-1,234.50`. */
  toFixed(places: number): string {
    let units = this.units;
    if (places >= this.decimals) units *= 10n ** BigInt(places - this.decimals);
    else {
      const divisor = 10n ** BigInt(this.decimals - places);
      const half = units < 0n ? -divisor / 2n : divisor / 2n;
      units = (units + half) / divisor;
    }
    const digits = (units < 0n ? -units : units).toString().padStart(places + 1, '0');
    const whole = digits.slice(0, digits.length - places).replace(/\B(?=(\d{3})+(?!\d))/g, ',');
    return `${units < 0n ? '-' : ''}${whole}${places === 0 ? '' : `.${digits.slice(digits.length - places)}`}`;
  }

  private unitsAt(decimals: number): bigint {
    return this.units * 10n ** BigInt(decimals - this.decimals);
  }
}

/** An amount for people: two decimals from 100 on, more below, so that small figures say something. */
export function amountText(text: string): string {
  const money = Money.parse(text);
  if (money === null) return text;
  const size = Math.abs(money.toNumber());
  const places = size >= 100 || size === 0 ? 2 : size >= 1 ? 4 : 6;
  return money.toFixed(places);
}

/** Times in parameters: "09:35:00" or "09:35:00.5", of the session's clock; hours above 23 are the next day's. */
const PATTERN = /^(\d{1,3}):([0-5]\d)(?::([0-5]\d)(\.\d{1,9})?)?$/;

/** ns since the session's midnight; NaN for an empty text. */
export function sessionNs(name: string, text: string): number {
  if (text === '') return Number.NaN;
  const parts = PATTERN.exec(text);
  if (parts === null)
    throw new RangeError(`${name}: ${JSON.stringify(text)} is no time of the session such as 09:35:00`);
  const [, hours, minutes, seconds, fraction] = parts;
  const wholeSeconds = Number(hours) * 3600 + Number(minutes) * 60 + Number(seconds ?? 0);
  return wholeSeconds * 1e9 + Number((fraction ?? '.0').slice(1).padEnd(9, '0'));
}

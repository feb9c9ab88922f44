/** What zod found wrong, as one line: where, what, and what would be right. */
import type { ZodError } from 'zod';

export function oneLine(where: string, error: ZodError): string {
  const [issue] = error.issues;
  const path = issue.path.map((part) => (typeof part === 'number' ? `[${part}]` : `.${String(part)}`)).join('');
  const more = error.issues.length > 1 ? ` (and ${error.issues.length - 1} more)` : '';
  return `${where}: ${path === '' ? '' : `${path.replace(/^\./, '')}: `}${issue.message}${more}`;
}

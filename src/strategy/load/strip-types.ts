/** TypeScript to JavaScript by blanking the types out, where Node can: every character stays in its line and column. */
import * as nodeModule from 'node:module';
import process from 'node:process';
import { messageOf, TapeheadError } from '../../core/errors.ts';

type Strip = (code: string) => string;

/** `name`: what messages call the file. `strip`: what does it; null where Node can't. */
export function stripTypes(source: string, name: string, strip: Strip | null = nodeStrip()): string {
  if (strip === null) {
    throw new TapeheadError(
      'USAGE',
      `${name}: Node ${process.versions.node} can not run TypeScript (22.13 and later can): compile it, ` +
        `npx -p typescript@5 tsc ${name} --target es2023 --module esnext --moduleResolution bundler --rewriteRelativeImportExtensions, ` +
        `and name the .${name.endsWith('.mts') ? 'mjs' : 'js'} file`,
    );
  }
  const { emitWarning } = process;
  process.emitWarning = () => {}; // "stripTypeScriptTypes is experimental", at the first use in each thread
  try {
    return strip(source);
  } catch (error) {
    throw new TapeheadError('USAGE', `${name}${placeIn(error)}: ${messageOf(error)}`);
  } finally {
    process.emitWarning = emitWarning;
  }
}

function nodeStrip(): Strip | null {
  const { stripTypeScriptTypes } = nodeModule as { stripTypeScriptTypes?: (code: string) => string };
  return stripTypeScriptTypes === undefined ? null : (code) => stripTypeScriptTypes(code);
}

/** Node's stack begins with `:line`, the text around it and a caret under the column. */
function placeIn(error: unknown): string {
  const lines = (error instanceof Error ? (error.stack ?? '') : '').split('\n');
  const line = /:(\d+)$/.exec(lines[0])?.[1];
  if (line === undefined) return '';
  const column = lines.find((one) => /^ *\^+$/.test(one))?.indexOf('^') ?? -1;
  return column < 0 ? `:${line}` : `:${line}:${column + 1}`;
}

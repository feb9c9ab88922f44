/** The page's files, read once, served from memory: no path of a request ever reaches the file system. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname, join, relative, sep } from 'node:path';
import type { NetReply, NetRequest } from '../net/server.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.txt': 'text/plain; charset=utf-8',
  '.svg': 'image/svg+xml',
  '.png': 'image/png',
  '.ico': 'image/x-icon',
  '.woff2': 'font/woff2',
  '.json': 'application/json',
  '.webmanifest': 'application/manifest+json',
};

/** Nothing from anywhere else, nothing inline but styles that scripts set on elements, no frames around it. */
export const PAGE_HEADERS: Readonly<Record<string, string>> = {
  'Content-Security-Policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; font-src 'self'; " +
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
  'X-Content-Type-Options': 'nosniff',
  'X-Frame-Options': 'DENY',
  'Referrer-Policy': 'no-referrer',
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Resource-Policy': 'same-origin',
  'Permissions-Policy': 'camera=(), geolocation=(), microphone=()',
  'Cache-Control': 'no-cache',
};

interface Asset {
  readonly body: Buffer;
  readonly type: string;
  readonly etag: string;
}

export class Assets {
  private readonly files = new Map<string, Asset>();

  /** `directory`: what the build made of the page; null: none is served. */
  constructor(directory: string | null) {
    if (directory !== null) this.read(directory, directory);
  }

  /** Null where there is no such file. */
  reply(request: NetRequest): NetReply | null {
    const path = request.path === '/' ? '/index.html' : request.path;
    const file = this.files.get(path);
    if (file === undefined) {
      return path === '/index.html'
        ? { status: 404, body: 'the page was not built: npm run build\n', headers: PAGE_HEADERS }
        : null;
    }
    const headers = { ...PAGE_HEADERS, 'Content-Type': file.type, ETag: file.etag };
    if (request.header('if-none-match') === file.etag) return { status: 304, body: '', headers };
    return { status: 200, body: file.body, headers };
  }

  private read(root: string, directory: string): void {
    let entries: ReturnType<typeof list>;
    try {
      entries = list(directory);
    } catch {
      return; // not built: said to whoever asks for the page
    }
    for (const entry of entries) {
      const path = join(directory, entry.name);
      const type = TYPES[extname(entry.name)];
      if (entry.isDirectory()) this.read(root, path);
      else if (type !== undefined) {
        const body = readFileSync(path);
        const etag = `"${createHash('sha256').update(body).digest('base64url').slice(0, 22)}"`;
        this.files.set(`/${relative(root, path).split(sep).join('/')}`, { body, type, etag });
      }
    }
  }
}

function list(directory: string) {
  return readdirSync(directory, { withFileTypes: true });
}

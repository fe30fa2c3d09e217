/** Serves the console: files that never change while the server lives, compressed once, under a policy that lets nothing else in. */
import { createHash } from 'node:crypto';
import { readdirSync, readFileSync } from 'node:fs';
import { extname } from 'node:path';
import { fileURLToPath } from 'node:url';
import { brotliCompressSync, constants, gzipSync } from 'node:zlib';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { ApiServer } from './server.ts';

const TYPES: Readonly<Record<string, string>> = {
  '.html': 'text/html; charset=utf-8',
  '.js': 'text/javascript; charset=utf-8',
  '.css': 'text/css; charset=utf-8',
  '.svg': 'image/svg+xml',
};

/** Scripts, styles and requests of this host alone; no frames around it, no forms to elsewhere. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "img-src 'self' data:",
  "connect-src 'self'",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

interface Page {
  readonly type: string;
  readonly etag: string;
  readonly plain: Buffer;
  readonly gzip: Buffer;
  readonly brotli: Buffer;
}

export function addConsole(app: ApiServer): void {
  let pages: Map<string, Page> | undefined;
  app.get('/', (_request, reply) => reply.redirect('/console'));
  app.get('/console', answer);
  app.get('/console/*', answer);

  function answer(request: FastifyRequest, reply: FastifyReply) {
    pages ??= readPages();
    const path = (request.params as Readonly<Record<string, string>>)['*'] ?? '';
    const page = pages.get(path === '' ? 'index.html' : path);
    if (page === undefined) return reply.callNotFound();
    reply.headers({
      'content-type': page.type,
      etag: page.etag,
      'cache-control': 'no-cache',
      vary: 'accept-encoding',
      'content-security-policy': POLICY,
      'x-content-type-options': 'nosniff',
      'referrer-policy': 'no-referrer',
      'cross-origin-opener-policy': 'same-origin',
    });
    if (request.headers['if-none-match'] === page.etag) return reply.code(304).send();
    const accepted = String(request.headers['accept-encoding'] ?? '');
    if (/\bbr\b/.test(accepted)) return reply.header('content-encoding', 'br').send(page.brotli);
    if (/\bgzip\b/.test(accepted)) return reply.header('content-encoding', 'gzip').send(page.gzip);
    return reply.send(page.plain);
  }
}

function readPages(): Map<string, Page> {
  const folder = new URL('../console/', import.meta.url);
  const pages = new Map<string, Page>();
  for (const path of readdirSync(folder, { recursive: true, encoding: 'utf8' })) {
    const type = TYPES[extname(path)];
    if (type !== undefined) pages.set(path.replaceAll('\\', '/'), pageOf(readFileSync(new URL(path, folder)), type));
  }
  const preact = fileURLToPath(import.meta.resolve('htm/preact/standalone'));
  pages.set('vendor/htm-preact.js', pageOf(readFileSync(preact), TYPES['.js'] as string));
  return pages;
}

function pageOf(plain: Buffer, type: string): Page {
  const etag = `"${createHash('sha256').update(plain).digest('base64url').slice(0, 16)}"`;
  const quality = { params: { [constants.BROTLI_PARAM_QUALITY]: 9 } };
  return { type, etag, plain, gzip: gzipSync(plain), brotli: brotliCompressSync(plain, quality) };
}

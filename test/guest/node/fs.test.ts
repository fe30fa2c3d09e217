import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import t from 'tap';
import { compare, inGuest } from './compare.ts';

const imports = `import fs, { constants } from 'node:fs'; import fsp from 'node:fs/promises'; import path from 'node:path'; import { promisify } from 'node:util'; import { text } from 'node:stream/consumers'; import { pipeline } from 'node:stream/promises';
const base = fs.mkdtempSync('/tmp/isopod-compare-'); let count = 0; const fresh = () => { const d = path.join(base, 'd' + count++); fs.mkdirSync(d); return d; };
const told = (run) => { try { run(); return 'fine'; } catch (e) { return [e.name, e.code, e.errno, e.syscall, e.message.replaceAll(base, ''), (e.path ?? '').replace(base, ''), (e.dest ?? '').replace(base, '')]; } };`;

compare('files in /tmp', imports, {
  'write and read': `const d = fresh(), f = d + '/a'; fs.writeFileSync(f, 'héllo'); fs.appendFileSync(f, Buffer.from(' x')); return [fs.readFileSync(f, 'utf8'), fs.readFileSync(f).toString('hex'), fs.readFileSync(f, { encoding: 'base64' }), fs.existsSync(f), fs.existsSync(f + 'no'), fs.statSync(f).size];`,
  stat: `const d = fresh(); fs.writeFileSync(d + '/a', '123'); const s = fs.statSync(d + '/a'), e = fs.lstatSync(d); return [s.isFile(), s.isDirectory(), e.isDirectory(), e.isSymbolicLink(), typeof s.mtimeMs, s.mtime instanceof Date, fs.statSync(d + '/none', { throwIfNoEntry: false }) ?? null, typeof fs.statSync(d, { bigint: true }).size];`,
  folders: `const d = fresh(); const first = fs.mkdirSync(d + '/x/y/z', { recursive: true }); fs.writeFileSync(d + '/x/b', ''); fs.writeFileSync(d + '/x/a', ''); return [first.replace(base, ''), fs.mkdirSync(d + '/x/y', { recursive: true }) ?? null, fs.readdirSync(d + '/x'), fs.readdirSync(d, { recursive: true }).sort(), fs.readdirSync(d + '/x', { withFileTypes: true }).map((e) => [e.name, e.isFile(), e.isDirectory(), e.parentPath.replace(base, '')])];`,
  remove: `const d = fresh(); fs.mkdirSync(d + '/a/b', { recursive: true }); fs.writeFileSync(d + '/f', ''); fs.unlinkSync(d + '/f'); fs.rmSync(d + '/a', { recursive: true }); fs.mkdirSync(d + '/c'); fs.rmdirSync(d + '/c'); fs.rmSync(d + '/none', { force: true }); return fs.readdirSync(d);`,
  rename: `const d = fresh(); fs.writeFileSync(d + '/a', '1'); fs.writeFileSync(d + '/b', '2'); fs.renameSync(d + '/a', d + '/b'); fs.mkdirSync(d + '/x'); fs.renameSync(d + '/b', d + '/x/c'); fs.copyFileSync(d + '/x/c', d + '/e'); fs.cpSync(d + '/x', d + '/y', { recursive: true }); return [fs.readdirSync(d), fs.readFileSync(d + '/y/c', 'utf8')];`,
  open: `const d = fresh(), f = d + '/a'; const fd = fs.openSync(f, 'w+'); fs.writeSync(fd, 'hello'); fs.writeSync(fd, Buffer.from('XYZ'), 1, 2, 1); fs.writeSync(fd, '!', 6); const b = Buffer.alloc(10); const n = fs.readSync(fd, b, 0, 10, 0); fs.ftruncateSync(fd, 3); const s = fs.fstatSync(fd).size; fs.closeSync(fd); return [n, b.toString('hex'), s, fs.readFileSync(f, 'utf8')];`,
  flags: `const d = fresh(), f = d + '/a'; fs.writeFileSync(f, 'ab'); const a = fs.openSync(f, 'a'); fs.writeSync(a, 'c', 0); fs.closeSync(a); const r = fs.openSync(f, 'r+'); fs.writeSync(r, 'Z'); fs.closeSync(r); fs.writeFileSync(f, 'd', { flag: 'a' }); const n = fs.openSync(d + '/n', constants.O_CREAT | constants.O_RDWR); fs.closeSync(n); return [fs.readFileSync(f, 'utf8'), fs.existsSync(d + '/n'), told(() => fs.openSync(f, 'wx'))];`,
  truncate: `const d = fresh(), f = d + '/a'; fs.writeFileSync(f, 'abcdef'); fs.truncateSync(f, 2); const a = fs.readFileSync(f, 'utf8'); fs.truncateSync(f, 4); return [a, fs.readFileSync(f).toString('hex')];`,
  errors: `const d = fresh(), f = d + '/f'; fs.writeFileSync(f, ''); fs.mkdirSync(d + '/full/x', { recursive: true }); return [() => fs.readFileSync(d + '/none'), () => fs.readFileSync(d), () => fs.writeFileSync(d + '/no/a', ''), () => fs.writeFileSync(d, ''), () => fs.mkdirSync(d), () => fs.mkdirSync(f + '/x'), () => fs.readdirSync(f), () => fs.readdirSync(d + '/none'), () => fs.unlinkSync(d + '/none'), () => fs.rmdirSync(d + '/full'), () => fs.rmdirSync(f), () => fs.rmSync(d + '/none'), () => fs.statSync(d + '/none'), () => fs.accessSync(d + '/none'), () => fs.renameSync(d + '/none', d + '/x'), () => fs.copyFileSync(d + '/none', d + '/x'), () => fs.closeSync(9999), () => fs.readSync(9999, Buffer.alloc(1)), () => fs.readlinkSync(f), () => fs.readFileSync(f + '/x'), () => fs.realpathSync(d + '/none'), () => fs.copyFileSync(f, f, constants.COPYFILE_EXCL)].map(told);`,
  arguments: `return [() => fs.readFileSync(), () => fs.readFileSync({}), () => fs.readFileSync('a\\0b'), () => fs.writeFileSync('/tmp/x', 5), () => fs.closeSync('x'), () => fs.readFile('x'), () => fs.openSync('/tmp/x', 'nope')].map((run) => { try { run(); return 'fine'; } catch (e) { return [e.name, e.code]; } });`,
  callbacks: `const d = fresh(), f = d + '/a'; const call = (name, ...args) => new Promise((r) => fs[name](...args, (...all) => r(all.map((x) => x instanceof Error ? x.code : x)))); return [await call('writeFile', f, 'abc'), await call('readFile', f, 'utf8'), await call('readFile', d + '/none'), (await call('stat', f))[1].size, await call('readdir', d), await call('exists', f), await call('mkdir', d + '/x'), await call('unlink', f), await call('access', f)];`,
  promisified: `const d = fresh(), f = d + '/a'; await promisify(fs.writeFile)(f, 'abc'); const fd = await promisify(fs.open)(f, 'r'); const { bytesRead, buffer } = await promisify(fs.read)(fd, Buffer.alloc(2), 0, 2, 1); await promisify(fs.close)(fd); return [bytesRead, buffer.toString(), await promisify(fs.exists)(f)];`,
  promises: `const d = fresh(), f = d + '/a'; await fsp.writeFile(f, 'one\\ntwo'); await fsp.appendFile(f, '\\nthree'); const h = await fsp.open(f, 'r+'); const { bytesRead } = await h.read(Buffer.alloc(3), 0, 3, 0); await h.write('ONE', 0); const size = (await h.stat()).size; await h.close(); const lines = []; const g = await fsp.open(f); for await (const l of g.readLines()) lines.push(l); await g.close().catch(() => {}); return [bytesRead, size, lines, await fsp.readdir(d), fs.promises === fsp, await fsp.readFile(d + '/none').catch((e) => e.code), await fsp.mkdir(d + '/q/r', { recursive: true }).then((x) => x.replace(base, '')), await fsp.rm(d, { recursive: true }) ?? null, await fsp.access(d).catch((e) => e.code)];`,
  streams: `const d = fresh(), f = d + '/a'; const w = fs.createWriteStream(f); w.write('hello '); w.end('world'); await new Promise((r) => w.on('finish', r)); const part = await text(fs.createReadStream(f, { start: 2, end: 7 })); await pipeline(fs.createReadStream(f, { highWaterMark: 3 }), fs.createWriteStream(d + '/b', { flags: 'a' })); return [part, fs.readFileSync(d + '/b', 'utf8'), w.bytesWritten, await text(fs.createReadStream(f, 'hex')).catch((e) => e.message)];`,
  'a stream of a missing file': `return new Promise((r) => fs.createReadStream(base + '/none').on('error', (e) => r([e.code, e.syscall])));`,
  'urls and bytes': `const d = fresh(); fs.writeFileSync(new URL('file://' + d + '/u%20x'), '1'); return [fs.readFileSync(Buffer.from(d + '/u x'), 'utf8'), fs.realpathSync(d + '/../' + path.basename(d)).replace(base, ''), fs.accessSync(d, fs.constants.W_OK) ?? null];`,
});

t.test('the package’s files are there, read-only, and nothing of the host is', async (t) => {
  const root = t.testdir({
    'index.cjs': `const fs = require('fs'), path = require('path');
      const told = (run) => { try { return run(); } catch (error) { return [error.code, error.syscall, error.path]; } };
      exports.handler = () => ({
        text: fs.readFileSync(path.join(__dirname, 'data', 'text.html'), 'utf8'),
        relative: fs.readFileSync('data/text.html', 'utf8'),
        bytes: fs.readFileSync('/code/data/bytes.bin').toString('hex'),
        own: fs.readFileSync(__filename, 'utf8').length > 100,
        list: fs.readdirSync(__dirname), root: fs.readdirSync('/'),
        write: told(() => fs.writeFileSync('/code/new', '')), append: told(() => fs.appendFileSync('/code/data/text.html', 'x')),
        remove: told(() => fs.unlinkSync('/code/data/text.html')), move: told(() => fs.renameSync('/code/data', '/tmp/data')),
        elsewhere: told(() => fs.mkdirSync('/etc')), host: told(() => fs.readFileSync('/etc/passwd')),
        up: told(() => fs.readFileSync('/code/../../etc/passwd')), hidden: told(() => fs.readFileSync('/code/.env')),
        packages: told(() => fs.readFileSync('/code/node_modules/x/y.txt')), large: told(() => fs.readFileSync('/code/large.bin')),
        copied: (fs.cpSync('/code/data', '/tmp/copy', { recursive: true }), fs.readdirSync('/tmp/copy')),
      });`,
    data: { 'text.html': '<p>é</p>' },
    '.env': 'SECRET=1',
    node_modules: { x: { 'y.txt': 'y' } },
  });
  writeFileSync(join(root, 'data/bytes.bin'), Buffer.from([0, 255, 254]));
  writeFileSync(join(root, 'large.bin'), Buffer.alloc(2_100_000));
  mkdirSync(join(root, 'empty'));
  t.same(await inGuest('', { code: { dir: root } }), {
    text: '<p>é</p>',
    relative: '<p>é</p>',
    bytes: '00fffe',
    own: true,
    list: ['data', 'index.cjs'],
    root: ['code', 'tmp'],
    write: ['EROFS', 'open', '/code/new'],
    append: ['EROFS', 'open', '/code/data/text.html'],
    remove: ['EROFS', 'unlink', '/code/data/text.html'],
    move: ['EROFS', 'rename', '/code/data'],
    elsewhere: ['EROFS', 'mkdir', '/etc'],
    host: ['ENOENT', 'open', '/etc/passwd'],
    up: ['ENOENT', 'open', '/code/../../etc/passwd'],
    hidden: ['ENOENT', 'open', '/code/.env'],
    packages: ['ENOENT', 'open', '/code/node_modules/x/y.txt'],
    large: ['ENOENT', 'open', '/code/large.bin'],
    copied: ['bytes.bin', 'text.html'],
  });
});

t.test('/tmp is bounded, in bytes and in files, and what is deleted can be used again', async (t) => {
  const source = `import fs from 'node:fs'; const MB = 1048576;
    const code = (run) => { try { run(); return 'fine'; } catch (error) { return error.code; } };
    export const handler = () => [
      code(() => fs.writeFileSync('/tmp/a', Buffer.alloc(15 * MB))), code(() => fs.writeFileSync('/tmp/b', Buffer.alloc(2 * MB))),
      code(() => fs.unlinkSync('/tmp/a')), code(() => fs.writeFileSync('/tmp/b', Buffer.alloc(2 * MB))),
      code(() => fs.truncateSync('/tmp/b', 1e15)), code(() => { for (let n = 0; n < 20000; n++) fs.writeFileSync('/tmp/f' + n, ''); }),
      code(() => fs.rmSync('/tmp/b')), code(() => { for (;;) fs.openSync('/code/../tmp/f1', 'r'); }), code(() => fs.readFileSync('/' + 'x'.repeat(5000))),
      code(() => fs.mkdirSync('/tmp/' + 'd/'.repeat(3000), { recursive: true })),
    ];`;
  t.same(await inGuest(source), [
    'fine',
    'ENOSPC',
    'fine',
    'fine',
    'ENOSPC',
    'ENOSPC',
    'fine',
    'EMFILE',
    'ENAMETOOLONG',
    'ENOSPC',
  ]);
});

t.test('a deleted file that is still open counts until it is closed', async (t) => {
  const source = `import fs from 'node:fs';
    const keep = () => { fs.writeFileSync('/tmp/o', Buffer.alloc(7_000_000)); const fd = fs.openSync('/tmp/o'); fs.unlinkSync('/tmp/o'); return fd; };
    const code = (run) => { try { run(); return 'fine'; } catch (error) { return error.code; } };
    export const handler = () => { const open = [keep(), keep()]; const full = code(keep); fs.rmSync('/tmp/o', { force: true });
      const still = fs.readSync(open[0], Buffer.alloc(5)); for (const fd of open) fs.closeSync(fd); return [full, still, code(keep)]; };`;
  t.same(await inGuest(source), ['ENOSPC', 5, 'fine']);
});

import t from 'tap';
import { compare, sharedEngine } from './compare.ts';

const imports = "import buffer, { Buffer as B, constants, isUtf8, isAscii, transcode, kMaxLength } from 'node:buffer';";

compare('buffers', imports, {
  from: `return [Buffer.from('héllo'), Buffer.from('6869', 'hex'), Buffer.from('aGk', 'base64'), Buffer.from('-_8', 'base64url'), Buffer.from('é', 'latin1'), Buffer.from([1, 300]), Buffer.from(new Uint16Array([1, 2]).buffer), Buffer.from(Buffer.from('x')), Buffer.from('ab', 'utf16le')].map((b) => b.toString('hex'));`,
  text: `const b = Buffer.from([0xfb, 0xff, 0xfe, 0xe9, 0x41]); return ['hex', 'base64', 'base64url', 'latin1', 'ascii', 'utf8', 'utf16le', 'binary', 'ucs2'].map((e) => b.toString(e));`,
  edit: `const b = Buffer.alloc(10, 'ab'); b.write('xyz', 2); b.fill(0, 8); b[0] = 7; const c = Buffer.allocUnsafe(2).fill('é', 'latin1'); b.writeUInt16BE(513, 5); b.swap16(); return [b.toString('hex'), c.toString('hex'), b.readInt32LE(1), b.readDoubleBE(0) !== 1, b.readUint8(0)];`,
  numbers: `const b = Buffer.alloc(40); b.writeBigInt64LE(-5n, 0); b.writeBigUint64BE(6n, 8); b.writeFloatLE(1.5, 16); b.writeDoubleBE(2.5, 20); b.writeIntBE(-1234567, 28, 6); b.writeUintLE(99, 34, 3); return [b.toString('hex'), String(b.readBigInt64LE(0)), String(b.readBigUint64BE(8)), b.readIntBE(28, 6), b.readUIntLE(34, 3)];`,
  find: `const b = Buffer.from('abcabc'); return [b.indexOf('c'), b.lastIndexOf('c'), b.includes('bc'), b.indexOf(Buffer.from('ca')), b.indexOf('YmM', 'base64'), b.indexOf('bc', 2), b.indexOf('YmM', 0, 'base64url')];`,
  compare: `return [Buffer.compare(Buffer.from('a'), Buffer.from('b')), Buffer.from('a').equals(Buffer.from('a')), Buffer.concat([Buffer.from('a'), Buffer.from('b')], 3).toString('hex'), Buffer.byteLength('é'), Buffer.byteLength('aGk=', 'base64'), Buffer.isBuffer(new Uint8Array(1)), Buffer.isEncoding('base64url'), Buffer.isEncoding('nope')];`,
  views: `const b = Buffer.from('abcdef'); const s = b.subarray(1, 3); s[0] = 120; return [b.toString(), b.slice(-2).toString(), s instanceof Buffer, b.subarray(1) instanceof Buffer, Buffer.isBuffer(b.slice(0)), [...b.entries()].length, b.toJSON(), JSON.stringify(s)];`,
  one: `return [B === Buffer, buffer.Buffer === Buffer, globalThis.Buffer === Buffer, Buffer.name, Buffer.from('x') instanceof Uint8Array, constants.MAX_LENGTH > 1e9, typeof kMaxLength, buffer.INSPECT_MAX_BYTES];`,
  more: `return [isUtf8(Buffer.from('é')), isUtf8(Buffer.from([0xff])), isAscii(Buffer.from('a')), isAscii(Buffer.from('é')), transcode(Buffer.from('é'), 'utf8', 'latin1').toString('hex'), Buffer.of(1, 2).toString('hex'), Buffer.copyBytesFrom(new Uint16Array([1, 2]), 1).toString('hex'), buffer.btoa('a'), buffer.atob('YQ==')];`,
  copy: `const a = Buffer.from('abcdef'), b = Buffer.alloc(4); const n = a.copy(b, 1, 2, 9); return [n, b.toString('hex'), Buffer.from('é').latin1Slice?.(0, 2) ?? null].slice(0, 2);`,
  'past the end': `try { Buffer.alloc(2).readUInt32LE(0); } catch (e) { return e.name; }`,
  'out of range': `try { Buffer.alloc(2).writeUInt8(300); } catch { return 'refused'; }`,
});

t.test('there is one Buffer: the global, the module’s and a handler’s event', async (t) => {
  const engine = await sharedEngine();
  await engine.createFunction({
    functionName: 'one-buffer',
    runtime: 'nodejs20',
    code: {
      source: `import { Buffer as Own } from 'node:buffer';
        export const handler = (event, context, callback) => callback(null, JSON.stringify([event instanceof Own, event instanceof Buffer, Own === Buffer, event.toString('base64url')]));`,
    },
  });
  t.same(JSON.parse((await engine.invoke('one-buffer', 'hi')) as string), [true, true, true, 'aGk']);
});

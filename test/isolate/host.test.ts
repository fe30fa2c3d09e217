import t from 'tap';
import type { Image } from '../../lib/image/image.ts';
import { acquireThreadHost, releaseThreadHost } from '../../lib/isolate/host.ts';

t.test('a snapshot and a code cache that were built of the same code are not taken for each other', (t) => {
  const host = acquireThreadHost();
  t.teardown(releaseThreadHost);
  const image = (kind: Image['kind'], byte: number): Image => {
    const data = new SharedArrayBuffer(1);
    new Uint8Array(data)[0] = byte;
    const info = { kind, bytes: 1, measuredMs: {} };
    return { kind, key: 'same', script: '', data, base: data, kernelName: 'kernel', info };
  };
  const byteOf = (of: Image): number | undefined => new Uint8Array(host.dataOf(of)?.copy() as ArrayBuffer)[0];
  t.equal(byteOf(image('code-cache', 1)), 1);
  t.equal(byteOf(image('snapshot', 2)), 2);
  t.equal(byteOf(image('code-cache', 3)), 1, 'each is copied once');
  t.end();
});

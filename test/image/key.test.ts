import { cachedDataVersionTag, setFlagsFromString } from 'node:v8';
import t from 'tap';
import { imageKey } from '../../lib/image/key.ts';
import { ORDINARY } from '../../lib/protocol/door.ts';

t.test('a key stays while another thread makes an isolate, for which V8 has other flags', (t) => {
  const facts = { hash: 'a', snapshot: 'auto', memorySize: 128, powers: ORDINARY } as const;
  const before = imageKey(facts, 'kernel');
  const tag = cachedDataVersionTag();
  setFlagsFromString('--initial-old-space-size=16');
  t.teardown(() => setFlagsFromString('--initial-old-space-size=0'));
  t.not(cachedDataVersionTag(), tag);
  t.equal(imageKey(facts, 'kernel'), before);
  t.not(imageKey({ ...facts, memorySize: 256 }, 'kernel'), before);
  t.not(imageKey(facts, 'another kernel'), before);
  t.end();
});

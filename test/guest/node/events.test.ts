import { compare } from './compare.ts';

compare(
  'events',
  "import EventEmitter, { once, on, errorMonitor, getEventListeners, captureRejectionSymbol } from 'node:events'; import util from 'node:util'; import assert from 'node:assert';",
  {
    order: `const e = new EventEmitter(); const seen = []; e.on('x', (...a) => seen.push(['a', ...a])); e.prependListener('x', () => seen.push('b')); e.once('x', () => seen.push('c')); e.emit('x', 1, 2); e.emit('x'); return [seen, e.emit('none'), e.listenerCount('x'), e.eventNames()];`,
    remove: `const e = new EventEmitter(); const f = () => {}; e.on('x', f); e.on('x', f); e.off('x', f); const one = e.listenerCount('x'); e.removeAllListeners(); return [one, e.listenerCount('x')];`,
    'a listener removed while it is told': `const e = new EventEmitter(); const seen = []; const g = () => seen.push('g'); e.on('x', () => e.off('x', g)); e.on('x', g); e.emit('x'); e.emit('x'); return seen;`,
    newListener: `const e = new EventEmitter(); const seen = []; e.on('newListener', (n) => seen.push(n)); e.on('removeListener', (n) => seen.push('-' + n)); const f = () => {}; e.once('x', f); e.off('x', f); e.on('y', f); e.removeAllListeners('y'); return seen;`,
    'an unhandled error': `new EventEmitter().emit('error', new RangeError('bad'));`,
    'an unhandled value': `new EventEmitter().emit('error', 'text');`,
    monitor: `const e = new EventEmitter(); const seen = []; e.on(errorMonitor, (x) => seen.push(x.message)); try { e.emit('error', new Error('m')); } catch { seen.push('thrown'); } return seen;`,
    once: `const e = new EventEmitter(); queueMicrotask(() => e.emit('x', 1, 2)); return once(e, 'x');`,
    'once and an error': `const e = new EventEmitter(); queueMicrotask(() => e.emit('error', new Error('no'))); return once(e, 'x');`,
    'once and an abort': `const c = new AbortController(); const p = once(new EventEmitter(), 'x', { signal: c.signal }); c.abort(); return p;`,
    on: `const e = new EventEmitter(); const seen = []; queueMicrotask(() => { e.emit('x', 1); e.emit('x', 2); e.emit('end'); }); for await (const [v] of on(e, 'x', { close: ['end'] })) seen.push(v); return seen;`,
    inherits: `function Old() { EventEmitter.call(this); } util.inherits(Old, EventEmitter); const o = new Old(); let n = 0; o.on('x', () => n++); o.emit('x'); return [n, o instanceof EventEmitter, Object.keys(new (class extends EventEmitter { a = 1 })()).includes('a')];`,
    'without a call of the constructor': `function Old() {} util.inherits(Old, EventEmitter); const o = new Old(); let n = 0; o.on('x', () => n++); o.emit('x'); return n;`,
    captures: `const e = new EventEmitter({ captureRejections: true }); const p = once(e, 'error').then(([x]) => x.message, (x) => x.message); e.on('x', async () => { throw new Error('late'); }); e.emit('x'); return p;`,
    raw: `const e = new EventEmitter(); const f = () => {}; e.once('x', f); return [e.listeners('x')[0] === f, e.rawListeners('x')[0] === f, e.rawListeners('x')[0].listener === f, getEventListeners(e, 'x').length];`,
    'bad listener': `new EventEmitter().on('x', 'nothing');`,
    'bad count': `new EventEmitter().setMaxListeners(-1);`,
    defaults: `return [EventEmitter.defaultMaxListeners, new EventEmitter().getMaxListeners(), EventEmitter.EventEmitter === EventEmitter, typeof captureRejectionSymbol, EventEmitter.name];`,
  },
);

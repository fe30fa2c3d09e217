/** `AbortController` and `AbortSignal` (DOM standard, 3). */
import { compare } from './compare.ts';

const setup = `
  const facts = ({ aborted, reason }) => [aborted, reason];
  const log = (signal, name, to) => signal.addEventListener('abort', () => to.push(name));`;

compare({
  'a controller aborts its signal once, with its reason': {
    setup,
    rows: [
      'facts(new AbortController().signal)',
      '((c) => [c.abort(), facts(c.signal)])(new AbortController())',
      "((c) => [c.abort('why'), c.abort('again'), facts(c.signal)])(new AbortController())",
      '((c) => [c.abort(null), facts(c.signal)])(new AbortController())',
      '((c) => [c.abort(undefined), c.signal.reason.name, c.signal.reason.code])(new AbortController())',
      '((c) => c.signal === c.signal)(new AbortController())',
      "((c) => { c.abort('x'); c.signal.throwIfAborted(); })(new AbortController())",
      '((c) => c.signal.throwIfAborted())(new AbortController())',
      `((c, seen) => {
        c.signal.onabort = function (event) { seen.push('on', event.type, event.bubbles, event.cancelable, this === c.signal); };
        log(c.signal, 'listener', seen);
        c.abort();
        c.abort();
        return seen;
      })(new AbortController(), [])`,
      `((c, seen) => {
        c.signal.addEventListener('abort', () => seen.push(c.signal.aborted, c.signal.reason));
        c.abort(7);
        return seen;
      })(new AbortController(), [])`,
      'new AbortSignal()',
      'AbortController()',
      'AbortController.prototype.abort.call({})',
      'Object.prototype.toString.call(new AbortController().signal)',
      'Object.prototype.toString.call(new AbortController())',
      'new AbortController().signal instanceof EventTarget',
      'new AbortController().signal.onabort',
    ],
  },
  'AbortSignal.abort and timeout make signals without a controller': {
    setup,
    rows: [
      'facts(AbortSignal.abort())',
      'AbortSignal.abort().reason.name',
      "facts(AbortSignal.abort('x'))",
      "((signal, seen) => { log(signal, 'late', seen); return seen; })(AbortSignal.abort(), [])",
      'facts(AbortSignal.timeout(10000))',
      'AbortSignal.timeout()',
      `(async () => {
        const signal = AbortSignal.timeout(1);
        // A timer of one's own keeps Node.js waiting: that of a signal does not.
        const keep = setTimeout(() => undefined, 10000);
        await new Promise((resolve) => signal.addEventListener('abort', resolve));
        clearTimeout(keep);
        return [facts(signal), signal.reason.code];
      })()`,
    ],
    standard: {
      // [EnforceRange] throws TypeErrors; Node.js throws RangeErrors.
      'AbortSignal.timeout(-1)': { threw: { error: 'TypeError', class: 'TypeError' } },
      'AbortSignal.timeout(NaN)': { threw: { error: 'TypeError', class: 'TypeError' } },
      'AbortSignal.timeout(2 ** 53)': { threw: { error: 'TypeError', class: 'TypeError' } },
    },
  },
  'AbortSignal.any follows all of its signals': {
    setup: `${setup}
      const three = () => [new AbortController(), new AbortController(), new AbortController()];`,
    rows: [
      'facts(AbortSignal.any([]))',
      'facts(AbortSignal.any([AbortSignal.abort(1), AbortSignal.abort(2)]))',
      "(([a, b]) => { b.abort('b'); return facts(AbortSignal.any([a.signal, b.signal])); })(three())",
      "(([a]) => { const any = AbortSignal.any([a.signal, a.signal]); a.abort('a'); return facts(any); })(three())",
      "(([a, b, c]) => { const any = AbortSignal.any([AbortSignal.any([a.signal, b.signal]), c.signal]); a.abort('a'); return facts(any); })(three())",
      `(([a, b], seen) => {
        const any = AbortSignal.any([a.signal, b.signal]);
        log(any, 'any', seen);
        log(a.signal, 'a', seen);
        a.abort();
        b.abort();
        return seen;
      })(three(), [])`,
      `(([a], seen) => {
        const one = AbortSignal.any([a.signal]);
        const two = AbortSignal.any([one]);
        a.signal.addEventListener('abort', () => seen.push(one.aborted, two.aborted));
        log(one, 'one', seen);
        log(two, 'two', seen);
        a.abort();
        return seen;
      })(three(), [])`,
      '(([a]) => { const any = AbortSignal.any([a.signal]); a.abort({ x: 1 }); return any.reason === a.signal.reason; })(three())',
      '(([a]) => { const any = AbortSignal.any(new Set([a.signal])); return any !== a.signal; })(three())',
      'AbortSignal.any()',
      'AbortSignal.any(null)',
      'AbortSignal.any([{}])',
      'AbortSignal.any([]) instanceof AbortSignal',
    ],
    standard: {
      // The first abort counts; Node.js tells the reason of the first signal of the list.
      "(([a, b]) => { const any = AbortSignal.any([a.signal, b.signal]); b.abort('b'); a.abort('a'); return facts(any); })(three())":
        [true, 'b'],
    },
  },
});

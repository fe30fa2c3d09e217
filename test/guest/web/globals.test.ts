/** Timers, microtasks, base64, clocks, `navigator`, `reportError` and what else hangs on the global object. */
import t from 'tap';
import { compare, runInGuest } from './compare.ts';

compare({
  'timers run in the order of their times, after microtasks': {
    setup: 'const wait = (ms) => new Promise((resolve) => setTimeout(resolve, ms));',
    rows: [
      `(async () => {
        const seen = [];
        setTimeout(() => seen.push('later'), 20);
        setTimeout(() => seen.push('a'), 1);
        setTimeout(() => { seen.push('b'); queueMicrotask(() => seen.push('micro of b')); }, 10);
        setTimeout(() => seen.push('c'), 1);
        queueMicrotask(() => seen.push('micro'));
        Promise.resolve().then(() => seen.push('promise'));
        seen.push('sync');
        await wait(30);
        return seen;
      })()`,
      `(async () => {
        const seen = [];
        const id = setTimeout(() => seen.push('never'), 1);
        clearTimeout(id);
        clearTimeout(id);
        clearTimeout(undefined);
        clearTimeout({});
        await wait(5);
        return seen;
      })()`,
      `(async () => {
        let count = 0;
        await new Promise((resolve) => {
          const id = setInterval(() => {
            if (++count < 3) return;
            clearInterval(id);
            resolve();
          }, 1);
        });
        await wait(5);
        return count;
      })()`,
      `(async () => {
        let count = 0;
        const id = setInterval(() => count++, 1);
        clearTimeout(id);
        await wait(5);
        return count;
      })()`,
      "new Promise((resolve) => setTimeout((...args) => resolve(args), 1, 'a', 2, undefined))",
      'new Promise((resolve) => setTimeout(resolve))',
      "new Promise((resolve) => setTimeout(resolve, -5, 'negative'))",
      "new Promise((resolve) => setTimeout(resolve, NaN, 'NaN'))",
      "new Promise((resolve) => setTimeout(resolve, '1', 'text'))",
      'setTimeout()',
      'setInterval(null)',
      'queueMicrotask()',
      'queueMicrotask(5)',
      'queueMicrotask(() => 1)',
      '(async () => { const seen = []; queueMicrotask(() => { seen.push(1); queueMicrotask(() => seen.push(2)); }); await wait(1); return seen; })()',
      '(async () => { let args; queueMicrotask((...given) => { args = given; }); await wait(1); return args; })()',
    ],
    standard: {
      // Numbers, as in browsers.
      '((id) => [typeof id, id > 0])(setTimeout(() => undefined, 1))': ['number', true],
      '(() => { const a = setTimeout(() => 1, 1); const b = setTimeout(() => 1, 1); clearTimeout(a); clearTimeout(b); return a !== b; })()': true,
    },
  },
  'atob and btoa are forgiving base64': {
    rows: [
      ...['', 'a', 'ab', 'abc', 'abcd', '\u0000\u00ff', '\u00e9', '\u0100', '💩'].map(
        (text) => `btoa(${JSON.stringify(text)})`,
      ),
      ...['null', 'undefined', '12', '{ toString: () => "x" }', 'Symbol("x")', ''].map((text) => `btoa(${text})`),
      ...[
        '',
        'YQ==',
        'YQ=',
        'YQ',
        'YWI=',
        'YWI',
        'YWJj',
        'Y',
        'YWJjZ',
        'YW==Jj',
        '=',
        '==',
        '===',
        'YQ===',
        ' Y W\tJ\nj\f\r ',
        'Y=Q=',
        'YWJj====',
        'YR==',
        '/+8=',
        '_-8=',
        'YWJ\u00a0j',
        '\u000bYQ==',
      ].map((text) => `atob(${JSON.stringify(text)})`),
      ...['null', 'undefined', '12', 'NaN', ''].map((text) => `atob(${text})`),
      "(() => { try { btoa('€'); } catch (error) { return [error instanceof DOMException, error.name, error.code]; } })()",
      'Array.from({ length: 256 }, (_, at) => String.fromCharCode(at)).every((character) => atob(btoa(character)) === character)',
    ],
  },
  'clocks and identity of the environment': {
    rows: [
      '((a, b) => [typeof a, b >= a])(performance.now(), performance.now())',
      'Math.abs(performance.timeOrigin + performance.now() - Date.now()) < 1000',
      "((mark) => [mark.name, mark.entryType, mark.duration, mark.detail, mark.startTime >= 0])(performance.mark('m', { detail: { a: 1 } }))",
      "((m) => [m.name, m.entryType, m.duration, m.startTime])(performance.measure('x', { start: 1, end: 4 }))",
      "((m) => [m.duration, m.detail])(performance.measure('y', { start: 1, end: 4, detail: 'd' }))",
      "[performance.mark('s', { startTime: 5 }), performance.mark('e', { startTime: 9 })] && performance.measure('z', 's', 'e').duration",
      "performance.measure('x', 'nowhere')",
      "performance.getEntriesByName('s').map((entry) => entry.startTime)",
      "performance.getEntriesByType('mark').map((entry) => entry.name).sort()",
      "performance.getEntriesByName('s', 'measure')",
      "(performance.clearMarks('s'), performance.getEntriesByName('s').length)",
      "(performance.clearMarks(), performance.getEntriesByType('mark').length)",
      "(performance.clearMeasures(), performance.getEntriesByType('measure').length)",
      'Object.keys(performance.toJSON()).includes("timeOrigin")',
      'new Performance()',
      'Object.prototype.toString.call(performance)',
      'performance instanceof EventTarget',
      'typeof navigator.userAgent',
      'navigator.userAgent.length > 0',
      'globalThis === globalThis.globalThis',
    ],
    standard: { 'self === globalThis': true },
  },
});

t.test('console takes every method of the Console standard and writes nothing to the result', async (t) => {
  const methods =
    `assert clear count countReset debug dir dirxml error group groupCollapsed groupEnd info log table time
    timeEnd timeLog trace warn`.split(/\s+/);
  t.same(
    await runInGuest(`return ${JSON.stringify(methods)}.filter((name) => typeof console[name] !== 'function');`),
    [],
  );
});

t.test('reportError gives an error event, which can be kept from the log', async (t) => {
  const body = `
    const seen = [];
    const note = (event) => { seen.push([event.type, event.message, event.error, event.cancelable, event instanceof ErrorEvent]); event.preventDefault(); };
    addEventListener('error', note);
    reportError(new TypeError('mine').message);
    removeEventListener('error', note);
    const target = new EventTarget();
    target.addEventListener('x', () => { throw 'from a listener'; });
    target.addEventListener('x', () => seen.push('next'));
    addEventListener('error', note, { once: true });
    target.dispatchEvent(new Event('x'));
    try { reportError(); } catch (error) { seen.push(error.name); }
    return seen;`;
  t.same(await runInGuest(body), [
    ['error', 'mine', 'mine', true, true],
    ['error', 'from a listener', 'from a listener', true, true],
    'next',
    'TypeError',
  ]);
});

t.test('an unhandled rejection is told to its listeners with a reason', async (t) => {
  const body = `
    const told = new Promise((resolve) => addEventListener('unhandledrejection', (event) => {
      event.preventDefault();
      resolve([event.type, event.cancelable, /mine/.test(event.reason.message), event.promise instanceof Promise]);
    }));
    Promise.reject(new Error('mine'));
    return Promise.race([told, new Promise((resolve) => setTimeout(resolve, 2000, 'not told'))]);`;
  t.same(await runInGuest(body), ['unhandledrejection', true, true, true]);
});

t.test('a rejection that is handled in time is not told', async (t) => {
  const body = `
    const seen = [];
    addEventListener('unhandledrejection', (event) => { event.preventDefault(); seen.push(event.type); });
    const late = Promise.reject(new Error('mine'));
    await null;
    late.catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 5));
    return seen;`;
  t.same(await runInGuest(body), []);
});

/** The table of errors, the class, and the page that documents them. */
import { readFileSync } from 'node:fs';
import t from 'tap';
import { ERRORS, type ErrorCode, IsopodError, toIsopodError } from '../lib/errors.ts';

const codes = Object.keys(ERRORS) as ErrorCode[];

t.test('docs/errors.md tells the table, in its order', (t) => {
  const page = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const rows = page
    .split('\n')
    .filter((line) => line.startsWith('| `'))
    .map((line) => line.slice(1, -1).split('|'))
    .map((cells) => cells.map((cell) => cell.trim()));
  t.same(
    rows.map(([code, kind, retryable, status]) => [code, kind, retryable, status]),
    codes.map((code) => {
      const { kind, retryable, status } = ERRORS[code];
      return [`\`${code}\``, kind, retryable ? 'yes' : 'no', `${status}`];
    }),
  );
  t.same(
    rows.filter((row) => row.length !== 5 || !/^[A-Z].+\.$/.test(row[4] ?? '')).map(([code]) => code),
    [],
    'and every row says in a sentence what to do',
  );
  t.end();
});

t.test('the table cannot be changed, and its facts fit together', (t) => {
  t.ok(Object.isFrozen(ERRORS));
  for (const code of codes) {
    const { kind, status } = ERRORS[code];
    t.ok(Object.isFrozen(ERRORS[code]), code);
    t.match(code, /^[A-Z][A-Za-z]+$/);
    if (kind === 'caller') t.ok(status >= 400, `${code} tells the caller`);
    if (kind === 'system') t.ok(status === 429 || status >= 500, `${code} does not blame the caller`);
  }
  t.end();
});

t.test('an error tells its facts', (t) => {
  const cause = new Error('disk');
  const error = new IsopodError('ResourceExhausted', 'full', { cause, requestId: 'r-1', retryAfterMs: 50 });
  t.type(error, Error);
  t.equal(error.name, 'IsopodError');
  t.equal(error.message, 'full');
  t.equal(error.code, 'ResourceExhausted');
  t.equal(error.kind, 'system');
  t.equal(error.retryable, true);
  t.equal(error.status, 429);
  t.equal(error.cause, cause);
  t.equal(error.requestId, 'r-1');
  t.equal(error.retryAfterMs, 50);
  t.notOk('cause' in new IsopodError('InternalError', 'x'), 'an error without a cause has no such property');
  t.end();
});

t.test('instanceof holds across copies of the package, and for nothing else', async (t) => {
  const copy = (await import(`../lib/errors.ts?copy=${process.pid}`)) as typeof import('../lib/errors.ts');
  t.not(copy.IsopodError, IsopodError, 'it really is another copy');
  t.ok(new copy.IsopodError('InternalError', 'x') instanceof IsopodError);
  t.ok(new IsopodError('InternalError', 'x') instanceof copy.IsopodError);
  for (const other of [new Error('x'), { code: 'InternalError' }, null, undefined, 'InternalError', () => 1]) {
    t.notOk(other instanceof IsopodError, String(other));
  }
});

t.test('an error survives the way through another thread as data', (t) => {
  const errors = [
    new IsopodError('BuildFailed', 'plain'),
    new IsopodError('UnhandledInvocationError', 'all', {
      errorType: 'TypeError',
      stackTrace: ['at index.ts:1:2'],
      requestId: 'r-2',
      retryAfterMs: 0,
    }),
  ];
  for (const error of errors) {
    const record = structuredClone(error.toJSON());
    t.same(Object.values(record).includes(undefined), false, 'absent facts are left out');
    const back = IsopodError.fromRecord(JSON.parse(JSON.stringify(record)));
    t.same(back.toJSON(), error.toJSON());
    t.equal(back.kind, error.kind);
    t.ok(back instanceof IsopodError);
  }
  t.notMatch(JSON.stringify(new IsopodError('InternalError', 'x', { cause: 'secret' })), 'secret', 'causes stay here');
  t.end();
});

t.test('anything thrown becomes a coded error', (t) => {
  const coded = new IsopodError('CodeNotFound', 'x');
  t.equal(toIsopodError(coded), coded, 'a coded error stays itself');
  const foreign = new TypeError('odd');
  t.match(toIsopodError(foreign), { code: 'InternalError', message: 'odd', cause: foreign });
  t.match(toIsopodError('text'), { code: 'InternalError', message: 'text', cause: 'text' });
  t.match(toIsopodError(undefined), { code: 'InternalError', message: 'undefined' });
  t.end();
});

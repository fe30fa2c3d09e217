import { readFileSync } from 'node:fs';
import t from 'tap';
import { ERRORS, type ErrorCode, IsopodError, toIsopodError } from '../lib/errors.ts';

t.test('the table in docs/errors.md is the table in the code', (t) => {
  const text = readFileSync(new URL('../docs/errors.md', import.meta.url), 'utf8');
  const rows = [...text.matchAll(/^\| `(\w+)` \| (\w+) \| (yes|no) \| (\d+) \| (.+) \|$/gm)];
  const documented = Object.fromEntries(
    rows.map(([, code, kind, retryable, status]) => [
      code,
      { kind, retryable: retryable === 'yes', status: Number(status) },
    ]),
  );
  t.same(documented, ERRORS);
  for (const row of rows) t.match(row[5], /^[A-Z].+\.$/, `${row[1]} says what to do`);
  t.end();
});

t.test('an error knows its kind, whether to retry, and its status, and survives as data', (t) => {
  for (const code of Object.keys(ERRORS) as ErrorCode[]) {
    const error = new IsopodError(code, 'what happened', {
      errorType: 'TypeError',
      stackTrace: ['a', 'b'],
      retryAfterMs: 5,
    });
    t.match(error, { kind: ERRORS[code].kind, retryable: ERRORS[code].retryable, status: ERRORS[code].status });
    const back = IsopodError.fromRecord(JSON.parse(JSON.stringify(error)));
    t.same(back.toJSON(), error.toJSON());
  }
  t.end();
});

t.test('instanceof works across two copies of the package', (t) => {
  const other = Object.assign(new Error('x'), { [Symbol.for('isopod.error')]: true });
  t.ok(other instanceof IsopodError);
  t.notOk(new Error('x') instanceof IsopodError);
  t.notOk((null as unknown) instanceof IsopodError);
  t.end();
});

t.test('any thrown value becomes an IsopodError once', (t) => {
  const own = new IsopodError('FunctionTimeout', 'x');
  t.equal(toIsopodError(own), own);
  t.match(toIsopodError(new RangeError('r')), { code: 'InternalError', message: 'r' });
  t.match(toIsopodError('text'), { code: 'InternalError', message: 'text' });
  t.end();
});

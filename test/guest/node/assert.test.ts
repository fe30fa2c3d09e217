import { compare } from './compare.ts';

compare(
  'assert',
  "import assert, { AssertionError } from 'node:assert'; import strict from 'node:assert/strict'; const told = (run) => { try { run(); return 'held'; } catch (e) { return [e.name, e.code, e.message, e.operator, e.generatedMessage, e instanceof AssertionError]; } }; const outcome = (run) => { try { run(); return 'held'; } catch (e) { return [e.name, e.code, e.operator, e.generatedMessage, e.message.split('\\n')[0]]; } };",
  {
    equal: `return [told(() => assert.equal(1, '1')), told(() => assert.equal(1, 2)), told(() => assert.equal(NaN, NaN)), told(() => assert.notEqual(1, 1)), told(() => assert.strictEqual(1, 2)), told(() => assert.strictEqual('a', 'b', 'own')), told(() => assert.notStrictEqual(1, 1)), told(() => strict.equal(1, 1))];`,
    'deep equal': `return [outcome(() => assert.deepEqual({ a: 1 }, { a: '1' })), outcome(() => assert.deepStrictEqual({ a: 1 }, { a: '1' })), outcome(() => strict.deepEqual([1, 2], [1, 2])), outcome(() => assert.notDeepStrictEqual({ a: 1 }, { a: 1 })), outcome(() => assert.deepEqual([1], [2])), outcome(() => assert.deepStrictEqual(new Map([[1, 2]]), new Map([[1, 3]])))];`,
    'a short difference': `return [told(() => assert.deepStrictEqual({ a: 1, b: 2 }, { a: 1, b: 3 })), told(() => assert.deepStrictEqual([1, 2, 3], [1, 2, 4]))];`,
    ok: `return [told(() => assert(true)), outcome(() => assert.ok(0, 'own')), told(() => assert.ok(false, new RangeError('mine'))), told(() => assert.fail('x')), told(() => assert.fail()), told(() => assert.ifError(null)), told(() => assert.ifError(new Error('e')))];`,
    throws: `const bad = () => { throw new TypeError('bad thing'); }; return [told(() => assert.throws(bad)), told(() => assert.throws(bad, TypeError)), told(() => assert.throws(bad, /thing/)), told(() => assert.throws(bad, { name: 'TypeError', message: /bad/ })), told(() => assert.throws(bad, (e) => e instanceof Error)), told(() => assert.throws(() => 1)), told(() => assert.throws(() => 1, TypeError, 'own')), outcome(() => assert.throws(bad, { message: 'other' })), outcome(() => assert.throws(bad, /other/)), told(() => assert.doesNotThrow(() => 1)), told(() => assert.doesNotThrow(bad))];`,
    rejects: `const later = async (run) => { try { await run(); return 'held'; } catch (e) { return [e.name, e.code, e.message]; } }; return [await later(() => assert.rejects(Promise.reject(new Error('x')), /x/)), await later(() => assert.rejects(async () => 1)), await later(() => assert.doesNotReject(async () => 1)), await later(() => assert.doesNotReject(Promise.reject(new Error('y'))))];`,
    match: `return [told(() => assert.match('abc', /b/)), told(() => assert.match('abc', /x/)), told(() => assert.doesNotMatch('abc', /b/))];`,
    error: `const e = new AssertionError({ actual: 1, expected: 2, operator: 'strictEqual' }); return [e.message, e.code, e.actual, e.expected, e.generatedMessage, String(e)];`,
    partial: `return [outcome(() => assert.partialDeepStrictEqual({ a: 1, b: { c: 2, d: 3 } }, { b: { c: 2 } })), outcome(() => assert.partialDeepStrictEqual({ a: 1 }, { a: 2 }))];`,
    'missing arguments': `assert.strictEqual(1);`,
    'no function': `assert.throws(5);`,
    same: `return [assert.strict === strict, strict.strict === strict, assert.ok === assert.ok, typeof assert.strict.rejects];`,
  },
);

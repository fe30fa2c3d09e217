import t from 'tap';
import { fromCell } from '../../lib/cell/messages.ts';
import { HOST_CALL, LOGGED, LOST, SETTLED } from '../../lib/remote/messages.ts';

const report = { restoreMs: 1, evaluateMs: 0, initializerMs: 0, heapBytes: 1, watchId: 1 };

t.test('what a cell may say is let through', async (t) => {
  const fine: unknown[] = [
    { ready: [] },
    { ready: ['reach the network'] },
    { here: 1 },
    { say: [] },
    { say: [SETTLED, 1, '[]', 0.5, LOGGED, 1, [1, 'line'], 0, HOST_CALL, 2, 1, 17, 'db', 'query', '[]'] },
    { say: [LOST, 1, { code: 'FunctionTimeout', message: 'x' }, 3, 1] },
    { step: 1, report: null },
    { step: 1, report },
    { step: 1, report: { ...report, failure: { told: 'anything' } } },
    { step: 1, report: { ...report, failure: { record: { code: 'InstanceLost', message: '' } } } },
  ];
  for (const message of fine) t.equal(fromCell(message), message, JSON.stringify(message));
});

t.test('anything else is not', async (t) => {
  const wrong: unknown[] = [
    null,
    1,
    'say',
    [],
    {},
    { ready: 'yes' },
    { here: 'now' },
    { here: null },
    { ready: true },
    { ready: ['toString'] },
    { say: 'text' },
    { say: [99, 1] },
    { say: [SETTLED, 'one', '[]', 0] },
    { say: [SETTLED, 1, {}, 0] },
    { say: [SETTLED, 1, '[]'] },
    { say: [SETTLED, 1, '[]', Number.NaN] },
    { say: [LOGGED, 1, ['line', 1], 0] },
    { say: [HOST_CALL, 1, 1, 1, 'db', 'query'] },
    { say: [HOST_CALL, 1, 1, 1, { toString: 'db' }, 'query', '[]'] },
    { say: [LOST, 1, 'error', 0, 0] },
    { say: [LOST, 1, { code: 'NoSuchCode', message: '' }, 0, 0] },
    { say: [LOST, 1, { code: 'toString', message: '' }, 0, 0] },
    { say: [LOST, 1, { code: 'InstanceLost', message: '', stackTrace: 'text' }, 0, 0] },
    { say: [LOST, 1, { code: 'InstanceLost', message: '', retryAfterMs: '1' }, 0, 0] },
    { say: ['__proto__', 1] },
    { step: 'one', report: null },
    { step: 1 },
    { step: 1, report: 'fine' },
    { step: 1, report: { ...report, heapBytes: '1' } },
    { step: 1, report: { ...report, failure: 'yes' } },
  ];
  for (const message of wrong) t.equal(fromCell(message), undefined, JSON.stringify(message));
});

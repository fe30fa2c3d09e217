import { decode } from 'cborg';
import t from 'tap';
import { cborEvent, Double, jsonEvent, type StreamRecord } from '../../../lib/trigger/tablestore/record.ts';

const records: readonly StreamRecord[] = [
  {
    Type: 'PutRow',
    Info: { Timestamp: 1_700_000_000_123_456 },
    PrimaryKey: [{ ColumnName: 'uid', Value: 9_007_199_254_740_993n }],
    Columns: [
      { Type: 'Put', ColumnName: 'score', Value: new Double(9), Timestamp: 1_700_000_000_123 },
      { Type: 'Put', ColumnName: 'raw', Value: new Uint8Array([0, 255]), Timestamp: 1_700_000_000_123 },
      { Type: 'DeleteAllVersions', ColumnName: 'city' },
    ],
  },
];

t.test('records are CBOR with 64-bit integers, floats of 8 bytes and byte strings', (t) => {
  const bytes = Buffer.from(cborEvent(records));
  t.ok(bytes.includes(Buffer.from('1b0020000000000001', 'hex')), 'the integer');
  t.ok(bytes.includes(Buffer.from('fb4022000000000000', 'hex')), '9.0 is a float');
  t.ok(bytes.includes(Buffer.from('4200ff', 'hex')), 'the bytes');
  t.match(decode(bytes), { Version: 'Sync-v1', Records: [{ Type: 'PutRow', Columns: [{ Value: 9 }, {}, {}] }] });
  t.end();
});

t.test('as JSON, what JSON does not have is text', (t) => {
  t.match(jsonEvent(records), {
    Version: 'Sync-v1',
    Records: [
      {
        PrimaryKey: [{ ColumnName: 'uid', Value: '9007199254740993' }],
        Columns: [{ Value: 9 }, { Value: 'AP8=' }, { Type: 'DeleteAllVersions', ColumnName: 'city' }],
      },
    ],
  });
  t.end();
});

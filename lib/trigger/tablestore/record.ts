/** Records of Tablestore's stream, and how they are written for a function. */
import { encode, Token, Type } from 'cborg';

/** Integers may have 64 bits. */
export type Value = string | number | bigint | boolean | Uint8Array | Double;

/** A number that is written as a float although it is whole. */
export class Double {
  readonly value: number;

  constructor(value: number) {
    this.value = value;
  }
}

export interface Column {
  readonly Type: 'Put' | 'DeleteOneVersion' | 'DeleteAllVersions';
  readonly ColumnName: string;
  readonly Value?: Value;
  /** Milliseconds. */
  readonly Timestamp?: number;
}

export interface StreamRecord {
  readonly Type: 'PutRow' | 'UpdateRow' | 'DeleteRow';
  /** Microseconds. */
  readonly Info: { readonly Timestamp: number | bigint };
  readonly PrimaryKey: readonly { readonly ColumnName: string; readonly Value: Value }[];
  readonly Columns: readonly Column[];
}

const typeEncoders = {
  Object: (value: unknown) => (value instanceof Double ? [new Token(Type.float, value.value)] : null),
};

/** As Tablestore sends them. */
export function cborEvent(Records: readonly StreamRecord[]): Uint8Array {
  return encode({ Version: 'Sync-v1', Records }, { typeEncoders, float64: true });
}

/** For functions that would rather not decode: 64-bit integers that are no safe numbers as text, bytes as base64. */
export const jsonEvent = (records: readonly StreamRecord[]): object => ({
  Version: 'Sync-v1',
  Records: records.map(({ Type, Info, PrimaryKey, Columns }) => ({
    Type,
    Info: { Timestamp: plain(Info.Timestamp) },
    PrimaryKey: PrimaryKey.map(withPlainValue),
    Columns: Columns.map(withPlainValue),
  })),
});

function withPlainValue<T extends { readonly Value?: Value }>(column: T): object {
  const { Value } = column;
  return typeof Value === 'bigint' || typeof Value === 'object' ? { ...column, Value: plain(Value) } : column;
}

function plain(value: Value): string | number | boolean {
  if (value instanceof Double) return value.value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  return value;
}

/** What an update changed. `before`: undefined when it is not known; all columns count as changed then. */
export function changedColumns(
  before: ReadonlyMap<string, Value | null> | undefined,
  after: ReadonlyMap<string, Value | null>,
  keys: ReadonlySet<string>,
  at: number,
): Column[] {
  const columns: Column[] = [];
  for (const [ColumnName, value] of after) {
    if (keys.has(ColumnName)) continue;
    const old = before?.get(ColumnName);
    if (before !== undefined && same(old ?? null, value)) continue;
    if (value === null) {
      if (before === undefined || old !== null) columns.push({ Type: 'DeleteAllVersions', ColumnName });
    } else columns.push({ Type: 'Put', ColumnName, Value: value, Timestamp: at });
  }
  return columns;
}

function same(a: Value | null, b: Value | null): boolean {
  if (a instanceof Double && b instanceof Double) return Object.is(a.value, b.value);
  if (a instanceof Uint8Array && b instanceof Uint8Array) return Buffer.compare(a, b) === 0;
  return a === b;
}

export const putColumns = (row: ReadonlyMap<string, Value | null>, keys: ReadonlySet<string>, at: number): Column[] =>
  [...row].flatMap(([ColumnName, value]) =>
    keys.has(ColumnName) || value === null ? [] : [{ Type: 'Put' as const, ColumnName, Value: value, Timestamp: at }],
  );

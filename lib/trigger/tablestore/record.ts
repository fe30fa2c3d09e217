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
export const jsonEvent = (Records: readonly StreamRecord[]): object =>
  JSON.parse(JSON.stringify({ Version: 'Sync-v1', Records: Records.map(plain) })) as object;

function plain(value: unknown): unknown {
  if (value instanceof Double) return value.value;
  if (value instanceof Uint8Array) return Buffer.from(value).toString('base64');
  if (typeof value === 'bigint') return Number.isSafeInteger(Number(value)) ? Number(value) : String(value);
  if (Array.isArray(value)) return value.map(plain);
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
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

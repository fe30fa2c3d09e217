/** OTLP logs over HTTP, as JSON, into records of a log store. Pure. */
import { IsopodError } from '../../errors.ts';
import type { LogRecord } from './log-store.ts';

interface AnyValue {
  readonly stringValue?: string;
  readonly intValue?: string | number;
  readonly doubleValue?: number;
  readonly boolValue?: boolean;
  readonly bytesValue?: string;
  readonly arrayValue?: { readonly values?: readonly AnyValue[] };
  readonly kvlistValue?: { readonly values?: readonly KeyValue[] };
}
interface KeyValue {
  readonly key: string;
  readonly value?: AnyValue;
}
interface OtlpRecord {
  readonly timeUnixNano?: string | number;
  readonly observedTimeUnixNano?: string | number;
  readonly severityText?: string;
  readonly severityNumber?: number;
  readonly body?: AnyValue;
  readonly attributes?: readonly KeyValue[];
  readonly traceId?: string;
  readonly spanId?: string;
}
interface OtlpLogs {
  readonly resourceLogs?: readonly {
    readonly resource?: { readonly attributes?: readonly KeyValue[] };
    readonly scopeLogs?: readonly {
      readonly scope?: { readonly name?: string };
      readonly logRecords?: readonly OtlpRecord[];
    }[];
  }[];
}

/** Throws `InvalidArgument`. */
export function otlpRecords(body: unknown): LogRecord[] {
  if (typeof body !== 'object' || body === null || !Array.isArray((body as OtlpLogs).resourceLogs)) {
    throw new IsopodError('InvalidArgument', 'resourceLogs: an export of logs has an array of them');
  }
  return ((body as OtlpLogs).resourceLogs ?? []).flatMap(({ resource, scopeLogs }) => {
    const of = flat(resource?.attributes, 'resource.');
    return (scopeLogs ?? []).flatMap(({ scope, logRecords }) =>
      (logRecords ?? []).map((record) => ({
        time: Math.floor(Number(record.timeUnixNano ?? record.observedTimeUnixNano ?? Date.now() * 1e6) / 1e9),
        topic: scope?.name ?? '',
        source: of['resource.service.name'] ?? '',
        contents: {
          ...of,
          ...flat(record.attributes, ''),
          ...(record.severityText !== undefined && { severity: record.severityText }),
          ...(record.traceId !== undefined && { traceId: record.traceId }),
          ...(record.spanId !== undefined && { spanId: record.spanId }),
          content: textOf(record.body),
        },
      })),
    );
  });
}

const flat = (attributes: readonly KeyValue[] | undefined, prefix: string): Record<string, string> =>
  Object.fromEntries((attributes ?? []).map(({ key, value }) => [`${prefix}${key}`, textOf(value)]));

function plain(value: AnyValue | undefined): unknown {
  if (value?.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(plain);
  if (value?.kvlistValue !== undefined) {
    return Object.fromEntries((value.kvlistValue.values ?? []).map((entry) => [entry.key, plain(entry.value)]));
  }
  return value?.stringValue ?? value?.intValue ?? value?.doubleValue ?? value?.boolValue ?? value?.bytesValue ?? '';
}

function textOf(value: AnyValue | undefined): string {
  const said = plain(value);
  return typeof said === 'string' ? said : JSON.stringify(said);
}

/** A task as it changes: what is known of an accepted event that has a name. `AsyncTask` is its read-only face. */
import type { ErrorRecord } from '../errors.ts';
import type { Row } from '../journal/database.ts';
import { FLAG_BINARY } from '../journal/statements.ts';
import type { AsyncTask, AsyncTaskEvent, AsyncTaskStatus } from '../types.ts';

/** Changes of state that are kept of one task; a task that is retried for days has more. */
const MAX_EVENTS = 100;

/** What the journal keeps as JSON. */
interface TaskFacts {
  readonly requestId: string;
  readonly instanceId?: string | undefined;
  readonly error?: ErrorRecord | undefined;
  readonly destinationStatus?: string | undefined;
  readonly events: readonly AsyncTaskEvent[];
}

export class TaskRecord {
  readonly no: number;
  readonly functionName: string;
  readonly qualifier: string;
  readonly taskId: string;
  readonly requestId: string;
  /** Whole milliseconds since the epoch. */
  readonly started: number;
  status: AsyncTaskStatus = 'Enqueued';
  /** Attempts begun. */
  attempts = 0;
  /** Milliseconds since the epoch; 0: it has not ended. */
  ended = 0;
  instanceId: string | undefined;
  error: ErrorRecord | undefined;
  destinationStatus: string | undefined;
  events: AsyncTaskEvent[] = [];

  constructor(no: number, functionName: string, qualifier: string, taskId: string, requestId: string, started: number) {
    this.no = no;
    this.functionName = functionName;
    this.qualifier = qualifier;
    this.taskId = taskId;
    this.requestId = requestId;
    this.started = started;
  }

  /** Goes over to a state and notes when and why. */
  enter(status: AsyncTaskStatus, timestamp: number, error?: ErrorRecord): void {
    this.status = status;
    if (error !== undefined) this.error = error;
    const eventDetail = error === undefined ? '' : JSON.stringify({ Error: error.code, Message: error.message });
    const eventId = (this.events.at(-1)?.eventId ?? 0) + 1;
    this.events.push({ eventId, timestamp: Math.floor(timestamp), status, eventDetail });
    if (this.events.length > MAX_EVENTS) this.events.shift();
  }

  get facts(): string {
    const { requestId, instanceId, error, destinationStatus, events } = this;
    return JSON.stringify({ requestId, instanceId, error, destinationStatus, events } satisfies TaskFacts);
  }

  /** From the columns of an event that waits: its task's id, status, attempts and facts. */
  static ofEvent(
    no: number,
    functionName: string,
    qualifier: string,
    started: number,
    [id, status, attempts, text]: readonly [string, string, number, string],
  ): TaskRecord {
    const { requestId, ...facts } = JSON.parse(text) as TaskFacts;
    const record = new TaskRecord(no, functionName, qualifier, id, requestId, started);
    return Object.assign(record, facts, { status, attempts, events: [...facts.events] });
  }

  /** From a row of the journal's tasks. */
  static ofRow(functionName: string, row: Row): TaskRecord {
    const [no, qualifier, id, status, started, ended, attempts, facts] = row as TaskRow;
    const record = TaskRecord.ofEvent(no, functionName, qualifier, started, [id, status, attempts, facts]);
    record.ended = ended;
    return record;
  }

  get view(): AsyncTask {
    const { functionName, qualifier, taskId, requestId, status, started, ended, attempts } = this;
    return {
      functionName,
      qualifier,
      taskId,
      requestId,
      status,
      startedTime: started,
      ...(ended > 0 && { endTime: ended, durationMs: ended - started }),
      alreadyRetriedTimes: Math.max(0, attempts - 1),
      events: [...this.events],
      ...(this.instanceId !== undefined && { instanceId: this.instanceId }),
      ...(this.destinationStatus !== undefined && { destinationStatus: this.destinationStatus }),
      ...(this.error !== undefined && { error: this.error, taskErrorMessage: this.error.message }),
    };
  }
}

/** `no, qualifier, id, status, started, ended, attempts, facts, flags, payload, result`. */
export type TaskRow = readonly [
  number,
  string,
  string,
  string,
  number,
  number,
  number,
  string,
  number,
  string,
  string | null,
];

/** What a task was given and what it returned, as text; bytes are in base64 when they are no UTF-8. */
export function payloadsOf(row: Row): Pick<AsyncTask, 'taskPayload' | 'returnPayload'> {
  const [, , , , , , , , flags, payload, result] = row as TaskRow;
  return {
    taskPayload: textOf(payload, (flags & FLAG_BINARY) !== 0),
    ...(result !== null && { returnPayload: result }),
  };
}

/** Text for people and for JSON: bytes (one character each) become the text they encode, or base64. */
export function textOf(text: string, binary: boolean): string {
  if (!binary) return text;
  const bytes = Buffer.from(text, 'latin1');
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    return bytes.toString('base64');
  }
}

/** The end of a call's log as it goes back with the answer: Function Compute's lines and Lambda's, the last 4 KB in Base64. */
import type { IsopodError } from '../errors.ts';
import type { ColdStartStages, InvokeStatus } from '../types.ts';

const TAIL_BYTES = 4_096;

export function fcLogTail(status: InvokeStatus, error: IsopodError | undefined): string {
  const { requestId = '', logs = [], stages } = status;
  const lines: string[] = [];
  if (stages !== undefined && stages.initializerMs > 0) {
    lines.push(`FC Initialize Start RequestId: ${requestId}`, `FC Initialize End RequestId: ${requestId}`);
  }
  lines.push(`FC Invoke Start RequestId: ${requestId}`, ...logs);
  lines.push(`FC Invoke End RequestId: ${requestId}${error === undefined ? '' : ', Error: Unhandled function error'}`);
  const { duration, billed, memory, used } = usage(status);
  lines.push(
    '',
    `Duration: ${duration} ms, Billed Duration: ${billed} ms, Memory Size: ${memory} MB, Max Memory Used: ${used} MB`,
  );
  return tail(lines);
}

export function lambdaLogTail(status: InvokeStatus, version: string): string {
  const { requestId = '', logs = [], stages } = status;
  const { duration, billed, memory, used } = usage(status);
  const init = stages === undefined ? '' : `\tInit Duration: ${startMs(stages).toFixed(2)} ms`;
  return tail([
    `START RequestId: ${requestId} Version: ${version}`,
    ...logs,
    `END RequestId: ${requestId}`,
    `REPORT RequestId: ${requestId}\tDuration: ${duration} ms\tBilled Duration: ${billed} ms\tMemory Size: ${memory} MB\tMax Memory Used: ${Math.ceil(Number(used))} MB${init}`,
    '',
  ]);
}

function usage({ wallMs = 0, heapUsedBytes = 0, memorySize = 0, stages }: InvokeStatus) {
  const own = Math.max(0, wallMs - (stages === undefined ? 0 : stages.scheduleMs + startMs(stages)));
  return {
    duration: own.toFixed(2),
    billed: Math.ceil(own),
    memory: memorySize,
    used: (heapUsedBytes / 1_048_576).toFixed(2),
  };
}

/** What the call waited for; the stages before it were over when it came. */
const startMs = ({ startInstanceMs, initializerMs }: ColdStartStages): number => startInstanceMs + initializerMs;

const tail = (lines: readonly string[]): string =>
  Buffer.from(lines.join('\n')).subarray(-TAIL_BYTES).toString('base64');

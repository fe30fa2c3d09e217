/** What happens, line by line: each call with its stages when it was cold, its error with the lines of its sources, and its log. */
import { styleText } from 'node:util';
import type { FunctionLogLine, InvocationFacts, Observable } from '../observe/facts.ts';

const STAGES = {
  scheduleMs: 'schedule',
  startInstanceMs: 'start',
  restoreMs: 'restore',
  evaluateMs: 'evaluate',
  initializerMs: 'initializer',
  handlerMs: 'handler',
} as const;

export class RequestLog {
  readonly #stop: () => void;

  constructor(engine: Observable, print: (line: string) => void) {
    this.#stop = engine.observe({
      invocation: (facts) => {
        for (const line of linesOf(facts)) print(line);
      },
      log: (line) => print(logLine(line)),
    });
  }

  close(): void {
    this.#stop();
  }
}

const time = (at: number): string => styleText('dim', new Date(at).toTimeString().slice(0, 8));

export function linesOf(facts: InvocationFacts): string[] {
  const { functionName, startedAt, wallMs, stages, error, type, attempt, lane } = facts;
  const outcome = error === undefined ? styleText('green', 'ok  ') : styleText('red', 'fail');
  const kind = type === 'async' ? ` async${attempt > 1 ? ` attempt ${attempt}` : ''}` : '';
  const parts = stages && Object.entries(STAGES).filter(([key]) => stages[key as keyof typeof STAGES] >= 0.05);
  const cold = parts?.map(([key, name]) => `${name} ${stages?.[key as keyof typeof STAGES].toFixed(1)}`).join(', ');
  const more = styleText('dim', `${lane ?? ''}${kind}${cold === undefined ? '' : ` cold: ${cold}`}`);
  const first = `${time(startedAt)} ${outcome} ${functionName} ${wallMs.toFixed(2)} ms ${more}`;
  if (error === undefined) return [first];
  const [, ...stack] = error.stackTrace ?? [];
  return [
    first,
    styleText('red', `         ${error.errorType ?? error.code}: ${error.message}`),
    ...stack.map((line) => styleText('dim', `     ${line}`)),
  ];
}

function logLine({ functionName, line }: FunctionLogLine): string {
  const found = /^\S+ \S+ \[(\w+)\] ([\s\S]*)$/.exec(line);
  const [, level = 'INFO', text = line] = found ?? [];
  const colour = level === 'ERROR' ? 'red' : level === 'WARN' ? 'yellow' : undefined;
  const shown = colour === undefined ? text : styleText(colour, text);
  return `${styleText('dim', `         ${functionName} |`)} ${shown}`;
}

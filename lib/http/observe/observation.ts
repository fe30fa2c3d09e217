/** What a host knows of its engine's doings: figures, their last minutes, recent calls and log lines. */
import type { Engine } from '../../engine.ts';
import { FunctionLogs } from '../../observe/function-logs.ts';
import { History } from '../../observe/history.ts';
import { Metrics } from '../../observe/metrics.ts';
import { RecentCalls } from '../../observe/recent-calls.ts';
import type { Settings } from '../settings.ts';

export class Observation {
  readonly metrics: Metrics;
  readonly history: History;
  readonly recentCalls: RecentCalls;
  readonly logs: FunctionLogs;
  /** What has to end for the server to be able to: streams that are open. */
  readonly streams = new Set<() => void>();

  constructor(engine: Engine, { metricsFunctions, logLines }: Settings) {
    this.metrics = new Metrics(engine, { maxFunctions: metricsFunctions });
    this.history = new History(this.metrics);
    this.recentCalls = new RecentCalls(engine);
    this.logs = new FunctionLogs(engine, { lines: logLines });
  }

  close(): void {
    for (const end of [...this.streams]) end();
    this.logs.close();
    this.recentCalls.close();
    this.history.close();
    this.metrics.close();
  }
}

/** Every metric there is: name, kind, labels and meaning, in one table. docs/metrics.md holds the same; a test compares. */

export interface MetricFacts {
  readonly name: string;
  readonly type: 'counter' | 'gauge' | 'histogram';
  readonly unit: '' | 'seconds' | 'bytes';
  readonly labels: readonly string[];
  readonly help: string;
}

const counter = (name: string, labels: string, help: string, unit: MetricFacts['unit'] = ''): MetricFacts =>
  metric('counter', name, labels, help, unit);
const gauge = (name: string, labels: string, help: string, unit: MetricFacts['unit'] = ''): MetricFacts =>
  metric('gauge', name, labels, help, unit);
const histogram = (name: string, labels: string, help: string): MetricFacts =>
  metric('histogram', name, labels, help, 'seconds');

function metric(
  type: MetricFacts['type'],
  name: string,
  labels: string,
  help: string,
  unit: MetricFacts['unit'],
): MetricFacts {
  return { name, type, unit, labels: labels === '' ? [] : labels.split(' '), help };
}

export const METRICS = {
  invocations: counter(
    'isopod_invocations_total',
    'function type outcome',
    'Invocations that ended; outcome: success, or whose fault it was (caller, function, system). Attempts of async events count one by one.',
  ),
  errors: counter('isopod_errors_total', 'function code', 'Invocations that failed, by error code.'),
  throttles: counter(
    'isopod_throttles_total',
    'function',
    'Calls refused because too many were in progress or waiting.',
  ),
  duration: histogram(
    'isopod_invocation_duration_seconds',
    'function type',
    'From acceptance to result, waiting included.',
  ),
  queueWait: histogram(
    'isopod_instance_wait_seconds',
    'function',
    'Time calls waited for an instance, of those that had to.',
  ),
  eventBytes: counter('isopod_event_bytes_total', 'function', 'Size of the events of ended calls.', 'bytes'),
  hostCalls: counter('isopod_host_calls_total', 'function', 'Calls of bindings.'),
  retries: counter('isopod_retries_total', 'function', 'Attempts at async events after the first.'),
  asyncEvents: counter(
    'isopod_async_events_total',
    'function event',
    'Async events: accepted, retried, succeeded, failed, expired, stopped, and delivered or undelivered to a destination.',
  ),
  coldStarts: counter('isopod_cold_starts_total', 'function', 'Calls that waited for an instance to start.'),
  coldStages: counter(
    'isopod_cold_start_stage_seconds_total',
    'function stage',
    'Time of the stages of cold starts: schedule, downloadCode, unzip, bundle, imageBuild, startInstance (which contains imageLoad, restore and evaluate), initializer, handler.',
    'seconds',
  ),
  coldStageDuration: histogram(
    'isopod_cold_start_stage_duration_seconds',
    'stage',
    'Each stage of the cold starts of all functions, of those that had it.',
  ),
  coldDuration: histogram('isopod_cold_start_duration_seconds', 'function', 'All stages of a cold start together.'),
  instanceStarts: counter(
    'isopod_instance_starts_total',
    'function lane outcome',
    'Instances started; outcome: success or failure.',
  ),
  instanceEnds: counter(
    'isopod_instance_ends_total',
    'function reason',
    'Instances that ended: idle, evicted (memory budget), released (no longer provisioned), used (freshInstance), closed (replaced or deleted), lost (a limit, a crash).',
  ),
  instances: gauge(
    'isopod_instances',
    'function state',
    'Instances there are now; state: provisioned (kept by configuration), serving (on demand), starting or spare.',
  ),
  open: gauge('isopod_calls_open', 'function', 'Calls in progress.'),
  waiting: gauge('isopod_calls_waiting', 'function', 'Calls waiting for an instance.'),
  queueDepth: gauge('isopod_queue_depth', 'function', 'Async events accepted and not ended.'),
  queueAge: gauge(
    'isopod_queue_oldest_seconds',
    'function',
    'Age of the oldest async event that waits for an attempt.',
    'seconds',
  ),
  nearLimits: counter('isopod_near_limit_total', 'function limit', 'Times an instance had little left of a limit.'),
  functions: gauge('isopod_functions', '', 'Functions declared.'),
  memory: gauge(
    'isopod_instance_memory_bytes',
    '',
    'Memory instances are taken to hold, which the memory budget bounds.',
    'bytes',
  ),
  cells: gauge('isopod_cells', 'isolation', 'Child processes that host instances.'),
  triggerLag: gauge(
    'isopod_trigger_lag_seconds',
    'function trigger',
    'How far a trigger is behind its source.',
    'seconds',
  ),
  eventLoopDelay: gauge(
    'isopod_event_loop_delay_seconds',
    'quantile',
    'Delay of the calling thread since the last look: 0.5, 0.99, 1 (the longest).',
    'seconds',
  ),
  rss: gauge('process_resident_memory_bytes', '', 'Resident memory of this process.', 'bytes'),
  heap: gauge('nodejs_heap_used_bytes', '', 'V8 heap of the calling thread.', 'bytes'),
  cpu: counter('process_cpu_seconds_total', '', 'Processor time of this process.', 'seconds'),
  observedFunctions: gauge(
    'isopod_metrics_functions',
    'label',
    'Functions with a label of their own (own), and those counted together as "other" (other).',
  ),
} as const satisfies Readonly<Record<string, MetricFacts>>;

export type MetricKey = keyof typeof METRICS;

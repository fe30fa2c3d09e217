/**
 * The figures of an engine. Counts while it lives, and tells all of it as families of samples, which other files write as
 * Prometheus text or hand to OpenTelemetry.
 */
import { monitorEventLoopDelay } from 'node:perf_hooks';
import type { ColdStartStages, FunctionStats } from '../types.ts';
import type { AsyncEventFacts, InstanceFacts, InvocationFacts, Observable, Observer } from './facts.ts';
import { Histogram } from './histogram.ts';
import { METRICS, type MetricFacts, type MetricKey } from './metric-table.ts';
import { OUTCOMES, Tally, TYPES } from './tally.ts';

export interface MetricsOptions {
  /**
   * Functions that get a `function` label of their own, first come, first served, 0-100,000; default 500. All others are
   * counted together as `other`, so that many functions do not become many more time series.
   */
  readonly maxFunctions?: number | undefined;
}

export interface Sample {
  readonly labels: Readonly<Record<string, string>>;
  /** A histogram's values for a metric of that type. */
  readonly value: number | Histogram;
}

export interface Family extends MetricFacts {
  readonly samples: readonly Sample[];
}

export const OTHER = 'other';

export class Metrics implements Observer {
  readonly startedAt: number = Date.now();
  readonly #engine: Observable;
  readonly #maxFunctions: number;
  readonly #tallies = new Map<string, Tally>();
  readonly #other = new Tally();
  /** Functions counted as other; no more than are needed to tell how many there are about. */
  readonly #others = new Set<string>();
  /** Of all functions together: a histogram of each stage for each function would be too many time series. */
  readonly #stages = new Map<string, Histogram>();
  readonly #delay: ReturnType<typeof monitorEventLoopDelay> = monitorEventLoopDelay({ resolution: 20 });
  readonly #stop: () => void;
  /** The tally of the last call: functions are often called many times in a row. */
  #lastName = '';
  #last: Tally = this.#other;

  constructor(engine: Observable, options: MetricsOptions = {}) {
    this.#engine = engine;
    this.#maxFunctions = options.maxFunctions ?? 500;
    this.#delay.enable();
    this.#stop = engine.observe(this);
  }

  invocation(facts: InvocationFacts): void {
    if (facts.stages !== undefined) this.#coldStart(facts.stages);
    this.#of(facts.functionName).invocation(facts);
  }

  #coldStart(stages: ColdStartStages): void {
    for (const [name, ms] of Object.entries(stages)) {
      if (ms === 0) continue;
      const stage = name.replace(/Ms$/, '');
      let histogram = this.#stages.get(stage);
      if (histogram === undefined) {
        histogram = new Histogram();
        this.#stages.set(stage, histogram);
      }
      histogram.add(ms / 1_000);
    }
  }

  instance(facts: InstanceFacts): void {
    this.#of(facts.functionName).instance(facts);
  }

  asyncEvent(facts: AsyncEventFacts): void {
    this.#of(facts.functionName).asyncEvent(facts);
  }

  #of(functionName: string): Tally {
    if (functionName === this.#lastName) return this.#last;
    let tally = this.#tallies.get(functionName);
    if (tally === undefined) {
      if (this.#tallies.size >= this.#maxFunctions) {
        if (this.#others.size < 100_000) this.#others.add(functionName);
        return this.#other;
      }
      tally = new Tally();
      this.#tallies.set(functionName, tally);
    }
    this.#lastName = functionName;
    this.#last = tally;
    return tally;
  }

  /** By function; all that have no label of their own come last, as `other`. */
  *tallies(): IterableIterator<readonly [functionName: string, Tally]> {
    yield* this.#tallies;
    if (this.#others.size > 0) yield [OTHER, this.#other];
  }

  /** Of one function; undefined when it never was called, or has no label of its own. */
  tallyOf(functionName: string): Tally | undefined {
    return this.#tallies.get(functionName);
  }

  /** All figures as they are now. Delays of the event loop start anew. */
  collect(): Family[] {
    const samples = new Map<MetricKey, Sample[]>();
    const add = (key: MetricKey, labels: Sample['labels'], value: Sample['value']): void => {
      const list = samples.get(key);
      if (list === undefined) samples.set(key, [{ labels, value }]);
      else list.push({ labels, value });
    };
    for (const [name, tally] of this.tallies()) addTally(add, name, tally);
    for (const [stage, histogram] of this.#stages) add('coldStageDuration', { stage }, histogram);
    this.#addStats(add);
    this.#addProcess(add);
    return Object.entries(METRICS).map(([key, facts]) => ({ ...facts, samples: samples.get(key as MetricKey) ?? [] }));
  }

  #addStats(add: Add): void {
    const stats = this.#engine.stats();
    const byLabel = new Map<string, FunctionStats[]>();
    for (const one of stats.functions) {
      this.#of(one.functionName);
      const label = this.#tallies.has(one.functionName) ? one.functionName : OTHER;
      const list = byLabel.get(label);
      if (list === undefined) byLabel.set(label, [one]);
      else list.push(one);
    }
    for (const [name, list] of byLabel) {
      const sum = (of: (one: FunctionStats) => number): number => list.reduce((total, one) => total + of(one), 0);
      const labels = { function: name };
      add(
        'instances',
        { ...labels, state: 'serving' },
        sum(({ instances, provisioned, spares, starting }) => instances - provisioned - spares - starting),
      );
      add(
        'instances',
        { ...labels, state: 'provisioned' },
        sum(({ provisioned }) => provisioned),
      );
      add(
        'instances',
        { ...labels, state: 'starting' },
        sum(({ starting }) => starting),
      );
      add(
        'instances',
        { ...labels, state: 'spare' },
        sum(({ spares }) => spares),
      );
      add(
        'open',
        labels,
        sum(({ open }) => open),
      );
      add(
        'waiting',
        labels,
        sum(({ waiting }) => waiting),
      );
      add(
        'queueDepth',
        labels,
        sum(({ queued }) => queued),
      );
      add('queueAge', labels, Math.max(...list.map(({ oldestWaitingMs }) => oldestWaitingMs)) / 1_000);
      for (const one of list) {
        for (const [limit, count] of Object.entries(one.nearLimits)) add('nearLimits', { ...labels, limit }, count);
      }
    }
    add('functions', {}, stats.functions.length);
    add('memory', {}, stats.memoryUsedBytes);
    for (const [isolation, count] of Object.entries(stats.cells)) add('cells', { isolation }, count);
    add('observedFunctions', { label: 'own' }, this.#tallies.size);
    add('observedFunctions', { label: OTHER }, this.#others.size);
  }

  #addProcess(add: Add): void {
    const seconds = (ns: number): number => (Number.isFinite(ns) ? ns / 1e9 : 0);
    add('eventLoopDelay', { quantile: '0.5' }, seconds(this.#delay.percentile(50)));
    add('eventLoopDelay', { quantile: '0.99' }, seconds(this.#delay.percentile(99)));
    add('eventLoopDelay', { quantile: '1' }, seconds(this.#delay.max));
    this.#delay.reset();
    const { rss, heapUsed } = process.memoryUsage();
    add('rss', {}, rss);
    add('heap', {}, heapUsed);
    const { user, system } = process.cpuUsage();
    add('cpu', {}, (user + system) / 1e6);
  }

  close(): void {
    this.#stop();
    this.#delay.disable();
  }
}

type Add = (key: MetricKey, labels: Sample['labels'], value: Sample['value']) => void;

function addTally(add: Add, name: string, tally: Tally): void {
  const labels = { function: name };
  for (const [at, type] of TYPES.entries()) {
    const counts = tally.invocations[at as 0 | 1];
    const duration = tally.duration[at as 0 | 1];
    if (duration.count === 0) continue;
    for (const [index, outcome] of OUTCOMES.entries()) {
      add('invocations', { ...labels, type, outcome }, counts[index] as number);
    }
    add('duration', { ...labels, type }, duration);
  }
  for (const [code, count] of tally.errors) add('errors', { ...labels, code }, count);
  for (const [event, count] of tally.asyncEvents) add('asyncEvents', { ...labels, event }, count);
  for (const [stage, ms] of tally.stageMs) add('coldStages', { ...labels, stage }, ms / 1_000);
  for (const [start, count] of tally.starts) {
    const [lane = '', outcome = ''] = start.split(' ');
    add('instanceStarts', { ...labels, lane, outcome }, count);
  }
  for (const [reason, count] of tally.ends) add('instanceEnds', { ...labels, reason }, count);
  if (tally.wait.count > 0) add('queueWait', labels, tally.wait);
  if (tally.cold.count > 0) add('coldDuration', labels, tally.cold);
  add('throttles', labels, tally.throttles);
  add('coldStarts', labels, tally.coldStarts);
  add('hostCalls', labels, tally.hostCalls);
  add('retries', labels, tally.retries);
  add('eventBytes', labels, tally.eventBytes);
}

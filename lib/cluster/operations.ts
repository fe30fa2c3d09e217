/** What an operator asks of a cluster from outside: who is there, and that an engine takes no more or takes calls again. */
import { setTimeout as sleep } from 'node:timers/promises';
import { type CheckedClusterOptions, type ClusterOptions, clusterOptions } from '../cluster-options.ts';
import { type ErrorRecord, IsopodError } from '../errors.ts';
import { parse } from '../function/declaration.ts';
import type { ClusterNode } from '../types.ts';
import { type Beat, byName, nodeOf } from './beat.ts';
import { Link } from './link.ts';
import { Members } from './members.ts';

/** Milliseconds an engine has to answer, and between two looks whether it is empty. */
const ANSWER_MS = 5_000;
const LOOK_MS = 500;
/** Of JetStream's API: there is no such bucket. */
const NO_STREAM = 10_059;

export class ClusterOperations {
  readonly #link: Link;
  readonly #options: CheckedClusterOptions;

  private constructor(link: Link, options: CheckedClusterOptions) {
    this.#link = link;
    this.#options = options;
  }

  /** Rejects with `ClusterUnavailable`, `ClusterUnusable` or `InvalidArgument`. */
  static async open(options: ClusterOptions): Promise<ClusterOperations> {
    const checked = parse(clusterOptions, options, 'cluster');
    return new ClusterOperations(await Link.open(checked, undefined), checked);
  }

  /** By name. */
  async nodes(): Promise<ClusterNode[]> {
    const bucket = await Members.bucket(this.#link, this.#options.name);
    return this.#link.ask(async () => {
      const nodes: ClusterNode[] = [];
      const ids = await bucket.keys().catch((error: unknown) => {
        // No engine was ever there.
        if ((error as { readonly code?: number }).code === NO_STREAM) return [];
        throw error;
      });
      for await (const id of ids) {
        const entry = await bucket.get(id);
        if (entry?.operation !== 'PUT') continue;
        nodes.push(nodeOf(id, entry.json<Beat>(), Math.max(0, Date.now() - entry.created.getTime())));
      }
      return nodes.sort(byName);
    });
  }

  /** `name`: of an engine, or its id. Rejects with `InvalidArgument` unless exactly one engine has it. */
  async tell(command: 'drain' | 'join', name: string): Promise<ClusterNode> {
    const nodes = await this.nodes();
    const found = nodes.filter(({ id, node }) => id === name || node === name);
    const [node, second] = found;
    if (node === undefined || second !== undefined) {
      const known = (second === undefined ? nodes : found).map(({ id }) => id).join(', ');
      const why =
        second === undefined ? `There is no engine "${name}" in the cluster` : `Several engines are called "${name}"`;
      throw new IsopodError('InvalidArgument', `${why}; there are: ${known || 'none'}`);
    }
    const subject = `isopod.${this.#options.name}.${node.id}.${command}`;
    const answer = await this.#link.ask(() => this.#link.connection.request(subject, '', { timeout: ANSWER_MS }));
    const { error } = answer.json<{ readonly error?: ErrorRecord }>();
    if (error !== undefined) throw IsopodError.fromRecord(error);
    return node;
  }

  /** Resolves when nothing runs or waits on an engine, or it is gone; tells `progress` how much does. */
  async emptied(id: string, progress: (open: number) => void): Promise<void> {
    for (;;) {
      const node = (await this.nodes()).find((each) => each.id === id);
      if (node === undefined || (node.open === 0 && node.state === 'draining')) return;
      progress(node.open);
      await sleep(LOOK_MS);
    }
  }

  close(): Promise<void> {
    return this.#link.close();
  }
}

/** CPU profiles of a case, and each of its threads as a flame graph. What runs inside isolates V8 does not sample. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Frame } from '../report/page/data.ts';
import { makePage } from '../report/page.ts';
import type { Suite } from '../suite.ts';
import { resultsFolder } from './result.ts';
import { runCase } from './run-case.ts';

interface ProfileNode {
  readonly id: number;
  readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  readonly children?: readonly number[];
}
interface CpuProfile {
  readonly nodes: readonly ProfileNode[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Boxes of at least a thousandth of the whole. Calls of one function from one place are one box, the longest first. */
export function flame({ nodes, samples, timeDeltas }: CpuProfile): Frame[] {
  const byId = new Map(nodes.map((node) => [node.id, node]));
  const self = new Map<number, number>();
  for (const [at, id] of samples.entries()) self.set(id, (self.get(id) ?? 0) + Math.max(0, timeDeltas[at] ?? 0));
  const totals = new Map<number, number>();
  const total = (id: number): number => {
    const known = totals.get(id);
    if (known !== undefined) return known;
    const sum = (byId.get(id)?.children ?? []).reduce((all, child) => all + total(child), self.get(id) ?? 0);
    totals.set(id, sum);
    return sum;
  };
  const root = nodes[0];
  if (root === undefined) return [];
  const least = total(root.id) / 1_000;
  const frames: Frame[] = [];
  const place = (ids: readonly number[], from: number, depth: number): void => {
    const { callFrame } = byId.get(ids[0] as number) as ProfileNode;
    const took = ids.reduce((sum, id) => sum + total(id), 0);
    if (took < least) return;
    const file = callFrame.url.replace(/^.*\/(?=(?:lib|benchmarks|node_modules)\/)/, '');
    frames.push({
      name: callFrame.functionName || '(anonymous)',
      place: file === '' ? '' : `${file}:${callFrame.lineNumber + 1}`,
      depth,
      from,
      to: from + took,
      self: ids.reduce((sum, id) => sum + (self.get(id) ?? 0), 0),
    });
    const groups = new Map<string, number[]>();
    for (const child of ids.flatMap((id) => byId.get(id)?.children ?? [])) {
      const frame = (byId.get(child) as ProfileNode).callFrame;
      const key = `${frame.functionName} ${frame.url}:${frame.lineNumber}`;
      groups.set(key, [...(groups.get(key) ?? []), child]);
    }
    const sized = [...groups.values()].map((group) => ({ group, took: group.reduce((sum, id) => sum + total(id), 0) }));
    let at = from;
    for (const { group, took } of sized.sort((x, y) => y.took - x.took)) {
      place(group, at, depth + 1);
      at += took;
    }
  };
  place([root.id], 0, 0);
  return frames;
}

/** Runs the case once under the profiler; the files it left, flame graphs first. */
export async function profileCase(suite: Suite, name: string, quick: boolean): Promise<string[]> {
  const folder = `${resultsFolder}profiles/${suite.name}-${name.replace(/[^\w-]+/g, '-')}`;
  rmSync(folder, { recursive: true, force: true });
  mkdirSync(folder, { recursive: true });
  const { failure } = await runCase(suite, name, 0, { quick, profileFolder: folder });
  if (failure !== undefined) throw new Error(`${suite.name}/${name} ${failure}`);
  const files: string[] = [];
  for (const file of readdirSync(folder).sort()) {
    const profile = JSON.parse(readFileSync(join(folder, file), 'utf8')) as CpuProfile;
    const thread = /\.(\d+)\.\d+\.cpuprofile$/.exec(file)?.[1];
    const process = /^CPU\.\d+\.\d+\.(\d+)/.exec(file)?.[1];
    const title = `${suite.name}: ${name}, ${thread === '0' ? 'main thread' : `thread ${thread}`} of process ${process}`;
    const page = join(folder, file.replace('.cpuprofile', '.html'));
    writeFileSync(page, await makePage('flame', title, { title, frames: flame(profile) }));
    files.push(page, join(folder, file));
  }
  return files;
}

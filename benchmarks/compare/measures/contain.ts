/**
 * Functions that run amok: an endless loop, and memory taken in several ways. Each is tried in a process of its own
 * (`victim.ts`), because some take that process with them, which is a finding.
 */
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import type { Rows } from '../../suite.ts';
import { peers } from '../peers.ts';
import { rowName } from '../rows.ts';

export const WAYS = ['array', 'objects', 'map', 'strings', 'buffers'];

/** What a victim says of itself, a line each. */
export type Said =
  | { readonly contained: number; readonly stall: number; readonly after: number }
  | { readonly finding: string };

interface Outcome {
  readonly said: Said[];
  /** How the process ended, when not as it should. */
  readonly end: string | undefined;
}

async function tryOut(peerName: string, kind: string, samples: number, seconds: number): Promise<Outcome> {
  const file = fileURLToPath(new URL('victim.ts', import.meta.url));
  const args = ['--no-warnings', file, peerName, kind, String(samples)];
  const child = spawn(process.execPath, args, { stdio: ['pipe', 'pipe', 'pipe'], detached: true });
  let words = '';
  child.stderr.on('data', (data) => {
    words = `${words}${data}`.slice(-4_000);
  });
  const said: Said[] = [];
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line.startsWith('{')) said.push(JSON.parse(line) as Said);
  });
  let hung = false;
  const timer = setTimeout(() => {
    hung = true;
    child.kill('SIGKILL');
  }, seconds * 1_000);
  const [code, signal] = await new Promise<[number | null, string | null]>((resolve) =>
    child.once('close', (...end) => resolve(end)),
  );
  clearTimeout(timer);
  try {
    process.kill(-(child.pid as number), 'SIGKILL');
  } catch {
    // Nothing of it is left.
  }
  const end = hung
    ? `the program hung for ${seconds} s`
    : code === 0
      ? undefined
      : `the program ended with ${signal ?? `code ${code}`}${whyOf(words)}`;
  return { said, end };
}

/** What its last words say of an error. */
function whyOf(words: string): string {
  const line = words.split('\n').find((each) => /^\s*(\w*Error|FATAL ERROR|#?\s*Fatal error)\b/.test(each));
  return line === undefined ? '' : ` (${line.trim().slice(0, 120)})`;
}

const findingOf = ({ said, end }: Outcome): string => {
  const last = said.at(-1);
  return end ?? (last !== undefined && 'finding' in last ? last.finding : 'contained');
};

export const loop =
  (peerName: string) =>
  async (quick: boolean): Promise<Rows> => {
    const reason = peers[peerName]?.cannot?.loop;
    if (reason !== undefined) return { [rowName('contain', 'loop', peerName)]: `cannot: ${reason}` };
    const outcome = await tryOut(peerName, 'loop', quick ? 2 : 20, quick ? 20 : 60);
    const samples = outcome.said.filter((each) => 'contained' in each);
    if (samples.length === 0) return { [rowName('contain', 'loop', peerName)]: findingOf(outcome) };
    return {
      [rowName('contain', 'loop', peerName)]: samples.map(({ contained }) => contained),
      [rowName('stall', 'loop', peerName)]: samples.map(({ stall }) => stall),
      [rowName('after', 'loop', peerName)]: samples.map(({ after }) => after),
      [rowName('outcome', 'loop', peerName)]: findingOf(outcome),
    };
  };

export const bomb = (peerName: string, way: string) => async (): Promise<Rows> => {
  const row = rowName('outcome', `bomb ${way}`, peerName);
  const reason = peers[peerName]?.cannot?.bomb;
  if (reason !== undefined) return { [row]: `cannot: ${reason}` };
  return { [row]: findingOf(await tryOut(peerName, way, 1, 40)) };
};

/** Commands pages tell people to type: those of ours exist, with their options. */
import { globSync, readFileSync } from 'node:fs';
import { basename } from 'node:path';
import type { Command } from 'commander';
import { makeProgram } from '../../lib/cli/program.ts';
import { root } from './page.ts';

const manifest = JSON.parse(readFileSync(`${root}package.json`, 'utf8')) as { scripts: Record<string, string> };
const suites = globSync('benchmarks/suites/*.ts', { cwd: root }).map((file) => basename(file, '.ts'));
const program = makeProgram(() => undefined);

/** The commands of a shell text, without comments and what stands before them. */
export function commandsIn(text: string): string[] {
  return text
    .replaceAll('\\\n', ' ')
    .split(/\n|&&|\s\|\s/)
    .map((line) =>
      line
        .replace(/(^|\s)#.*$/, '')
        .replace(/^(\s*[A-Z_]+=("[^"]*"|\S*)\s+)+/, '')
        .trim(),
    )
    .filter((line) => line !== '');
}

/** What is wrong with a command; undefined when nothing is, or it is not ours. */
export function faultOf(line: string): string | undefined {
  const words = line.match(/'[^']*'|"[^"]*"|\S+/g) ?? [];
  const [first, ...rest] = words[0] === 'npx' ? words.slice(1) : words;
  if (first === 'isopod') return faultOfOurs(rest);
  if (first === 'npm' && rest[0] === 'run') return faultOfScript(rest.slice(1));
  return undefined;
}

function faultOfScript([script = '', , suite = '']: readonly string[]): string | undefined {
  if (manifest.scripts[script] === undefined) return `there is no script ${script}`;
  const isSuite =
    script === 'bench' && /^[a-z]+$/.test(suite) && !['guard', 'diff', 'ab', 'show', 'peers'].includes(suite);
  return isSuite && !suites.includes(suite) ? `there is no suite ${suite}` : undefined;
}

function faultOfOurs(words: readonly string[]): string | undefined {
  let command: Command = program;
  const left = [...words];
  for (let next = named(command, left[0]); next !== undefined; next = named(command, left[0])) {
    command = next;
    left.shift();
  }
  const isGroup = command.commands.length > 0 && !left[0]?.startsWith('-');
  if (isGroup) return `isopod ${command === program ? '' : command.name()} has no command ${left[0] ?? ''}`;
  for (const word of left) {
    const flag = /^--?[a-z][\w-]*/i.exec(word)?.[0];
    if (flag === undefined || flag === '--help' || flag === '--version') continue;
    if (!command.options.some(({ short, long }) => short === flag || long === flag)) {
      return `isopod ${command.name()} has no option ${flag}`;
    }
  }
  return undefined;
}

const named = (command: Command, name: string | undefined): Command | undefined =>
  command.commands.find((one) => one.name() === name || one.aliases().includes(name ?? ''));

/** The suites there are: one per file of `suites/`, loaded only when it is run. */
import { readdirSync } from 'node:fs';
import type { Suite } from '../suite.ts';

const folder = new URL('../suites/', import.meta.url);

export const suiteNames = (): string[] =>
  readdirSync(folder)
    .filter((file) => file.endsWith('.ts'))
    .map((file) => file.slice(0, -3))
    .sort();

const isSuite = (value: unknown): value is Suite =>
  typeof value === 'object' && value !== null && 'cases' in value && 'unit' in value;

export async function findSuite(name: string): Promise<Suite> {
  if (!suiteNames().includes(name)) throw new Error(`There is no suite "${name}": ${suiteNames().join(', ')}`);
  const module = (await import(new URL(`${name}.ts`, folder).href)) as Record<string, unknown>;
  const suite = Object.values(module).find(isSuite);
  if (suite === undefined) throw new Error(`benchmarks/suites/${name}.ts exports no suite; see benchmarks/suite.ts`);
  if (suite.name !== name) throw new Error(`The suite of benchmarks/suites/${name}.ts calls itself "${suite.name}"`);
  return suite;
}

/** Composes the source of the function that runs one case. */
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WEB_GLOBALS } from './areas.ts';
import { type Case, findResources, readScript } from './cases.ts';

const shim = readFileSync(fileURLToPath(new URL('shim.js', import.meta.url)), 'utf8');

/** Every web global by name: what the bundler can give is given, the rest is undefined. */
const given = `const given = { ${WEB_GLOBALS.map(
  (name) => `${name}: typeof ${name} === 'undefined' ? undefined : ${name}`,
).join(', ')} };`;

/** Text of the case and of the scripts before it, as one script: their `const`s and functions see one another. */
function caseText(checkout: string, { path, scripts }: Case): string {
  const text = readScript(checkout, path);
  const before = scripts.map((script) => readScript(checkout, script));
  // A directive counts only at the very beginning.
  const strict = /^(\s|\/\/.*\n|\/\*[\s\S]*?\*\/)*['"]use strict['"]/.test(text) ? "'use strict';\n" : '';
  // In strict code a function stays where it is declared; this one is looked for on the global object.
  const spec = strict !== '' && before.some((script) => script.includes('function fetch_spec('));
  if (spec) before.push('globalThis.fetch_spec = fetch_spec;');
  return `${strict}${[...before, text].join('\n;\n')}\n//# sourceURL=${path}`;
}

/** `timeoutMs`: when the harness is told to give up what still runs. */
export function composeSource(checkout: string, one: Case, timeoutMs: number): string {
  const plan = {
    path: one.path,
    variant: one.variant,
    title: one.title,
    origin: `${one.path.includes('.https.') ? 'https' : 'http'}://web-platform.test:8000`,
    globals: WEB_GLOBALS,
    harness: readScript(checkout, join('resources', 'testharness.js')),
    text: caseText(checkout, one),
    resources: findResources(checkout, one),
    timeoutMs,
  };
  return `${given}\n${shim}\nconst plan = ${JSON.stringify(plan)};\nexport const handler = () => run(plan, given);\n`;
}

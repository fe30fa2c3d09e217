/** Writes the table of settings into docs/serve.md. */
import { readFileSync, writeFileSync } from 'node:fs';
import { SETTINGS } from '../lib/http/settings.ts';

const page = new URL('../docs/serve.md', import.meta.url);

export function settingsTable(): string {
  const rows = SETTINGS.map(({ name, flag, variable, description, default: fallback }) => {
    const value = fallback === '' ? '' : `\`${fallback}\``;
    return `| \`${name}\` | \`${flag}\` | \`${variable}\` | ${value} | ${description} |`;
  });
  return ['| file | command line | environment | default | meaning |', '|---|---|---|---|---|', ...rows].join('\n');
}

const BETWEEN = /(<!-- settings -->\n)[\s\S]*?(<!-- \/settings -->)/;

export function withTable(text: string): string {
  return text.replace(BETWEEN, (_, before: string, after: string) => `${before}\n${settingsTable()}\n\n${after}`);
}

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(page, withTable(readFileSync(page, 'utf8')));
}

/** Pages of the documentation, and the code blocks in them. */
import { globSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const root = fileURLToPath(new URL('../../', import.meta.url));

export interface Block {
  readonly page: string;
  readonly line: number;
  readonly language: string;
  readonly text: string;
  /** The comment before it, which readers do not see: what it takes for granted, or how it is run. */
  readonly note: string;
}

export const pages: readonly string[] = ['README.md', 'README.zh.md', ...globSync('docs/*.md', { cwd: root }).sort()];

export const textOf = (page: string): string => readFileSync(new URL(page, `file://${root}`), 'utf8');

const FENCED = /(?:^<!--((?:(?!-->)[\s\S])*)-->\s*\n)?^```(\w*)\n([\s\S]*?)^```$/gm;

export function blocksOf(page: string): Block[] {
  const text = textOf(page);
  return [...text.matchAll(FENCED)].map(({ 1: note = '', 2: language = '', 3: code = '', index }) => ({
    page,
    line: text.slice(0, index + text.slice(index).indexOf('```')).split('\n').length,
    language,
    text: code,
    note: note.trim(),
  }));
}

/**
 * Every code block of the documentation is run: JavaScript and TypeScript as modules, whose comments beside `console.log` are
 * compared with what they print; shell blocks that say so, in a folder of their own; of all others the commands are looked up.
 */
import { cp, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { formatWithOptions } from 'node:util';
import t, { type Test } from 'tap';
import { missing, nats } from '../trigger/servers.ts';
import { commandsIn, faultOf } from './commands.ts';
import { installInto } from './installed.ts';
import { type Block, blocksOf, pages, textOf } from './page.ts';
import { Shell } from './shell.ts';

const KNOWN = new Set(['js', 'ts', 'sh', 'json', 'text', 'mermaid']);
/** Examples with a test of their own, because they need servers: test/trigger/docs.test.ts. */
const ELSEWHERE = /^run: /;

/** What a block takes for granted stands before it; most take an engine. */
function moduleOf({ text, note }: Block): string {
  const given = /^given:\s*([\s\S]*)$/.exec(note)?.[1] ?? '';
  const code = given.includes('BLOCK_TEXT')
    ? given.replace('BLOCK_TEXT', () => JSON.stringify(text))
    : `${given}\n${text}`;
  const imports = /\bcreateEngine\b[^\n]* from /.test(code) ? '' : "import { createEngine } from 'isopod';\n";
  const engine =
    /\bengine = /.test(code) || !/\bengine\b/.test(code) ? '' : 'await using engine = await createEngine();\n';
  return imports + engine + code;
}

/** The comments that say what is printed, in their order. */
const printsOf = (text: string): string[] =>
  [...text.matchAll(/^\s*console\.log\(.*\);[ \t]*\/\/ (.+)$/gm)].map(([, said = '']) => said);

async function runModule(t: Test, folder: string, block: Block): Promise<void> {
  const file = join(folder, `block-${block.line}.${block.language === 'ts' ? 'ts' : 'mjs'}`);
  let code = moduleOf(block);
  if (block.note === 'needs: nats') {
    const server = await nats();
    t.teardown(() => server.stop());
    code = code.replace('nats://127.0.0.1:4222', server.url);
  }
  await writeFile(file, code);
  const printed: string[] = [];
  const { log } = console;
  console.log = (...values) => void printed.push(formatWithOptions({ colors: false }, ...values));
  try {
    await import(pathToFileURL(file).href);
  } finally {
    console.log = log;
  }
  // What no comment speaks of may be printed in between.
  let from = 0;
  for (const said of printsOf(block.text)) {
    const at = printed.indexOf(said, from);
    t.ok(at >= 0, `prints ${said}`, { printed });
    from = at + 1;
  }
}

const home = process.cwd();

for (const page of pages) {
  const blocks = blocksOf(page);
  if (blocks.length === 0) continue;
  t.test(page, { timeout: 300_000 }, async (t) => {
    const folder = t.testdir({ 'package.json': '{"type":"module"}' });
    await installInto(folder);
    await cp(new URL('folder/', import.meta.url), folder, { recursive: true });
    const shell = await Shell.in(folder);
    process.chdir(folder);
    t.teardown(async () => {
      process.chdir(home);
      await shell.close();
      await rm(join(folder, 'data'), { recursive: true, force: true });
    });
    for (const block of blocks) {
      const { language, line, text, note } = block;
      const skip = note === 'needs: nats' && missing('nats-server', 'nats-server');
      await t.test(`line ${line}: ${language} ${note.split('\n')[0]}`, { skip }, async (t) => {
        t.ok(KNOWN.has(language), 'its language is told');
        if (ELSEWHERE.test(note)) return;
        if (language === 'json') JSON.parse(text);
        if (language === 'js' || language === 'ts') await runModule(t, folder, block);
        if (language !== 'sh') return;
        for (const command of commandsIn(text)) t.equal(faultOf(command), undefined, command);
        if (note === 'serve') await shell.serve(text);
        const wanted = /^prints: ([\s\S]*)$/.exec(note)?.[1];
        if (note === 'type' || wanted !== undefined) {
          const printed = await shell.run(text);
          if (wanted !== undefined) t.match(printed, wanted);
        }
      });
    }
  });
}

t.test('commands that stand in the text exist', (t) => {
  for (const page of pages) {
    const text = textOf(page).replace(/```[\s\S]*?```/g, '');
    const indented = [...text.matchAll(/^ {4,}((?:npx )?(?:isopod|npm run) .*)$/gm)].map(([, line = '']) => line);
    const inline = [...text.matchAll(/`((?:npx )?(?:isopod|npm run) [^`|[<…{]+)`/g)].map(([, line = '']) => line);
    for (const command of commandsIn([...indented, ...inline].join('\n'))) {
      t.equal(faultOf(command.replace(/\s*[[<{].*$/, '')), undefined, `${page}: ${command}`);
    }
  }
  t.end();
});

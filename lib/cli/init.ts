/** `isopod init <template> [dir]`: a small project to begin with. What is there already is left alone. */
import { mkdir, readdir, writeFile } from 'node:fs/promises';
import { basename, dirname, join, resolve } from 'node:path';
import { IsopodError } from '../errors.ts';
import { EXIT } from './exit-codes.ts';
import { TEMPLATES, type Template } from './templates.ts';

export async function init(template: string, dir: string): Promise<number> {
  if (!Object.hasOwn(TEMPLATES, template)) {
    throw new IsopodError(
      'InvalidArgument',
      `There is no template "${template}": ${Object.keys(TEMPLATES).join(', ')}`,
    );
  }
  const folder = resolve(dir);
  const there = await readdir(folder).catch((): string[] => []);
  const { files: filesOf, next }: Template = TEMPLATES[template as keyof typeof TEMPLATES];
  const files = filesOf(basename(folder).replace(/[^\w-]/g, '-'));
  const taken = Object.keys(files).filter((path) => there.includes(path.split('/')[0] as string));
  if (taken.length > 0) {
    throw new IsopodError('InvalidArgument', `${dir} has ${taken.join(', ')} already; name another folder`);
  }
  for (const [path, text] of Object.entries(files)) {
    const file = join(folder, path);
    await mkdir(dirname(file), { recursive: true });
    await writeFile(file, text, { flag: 'wx' });
    console.log(`created ${join(dir, path)}`);
  }
  console.log(`\n${next(dir)}`);
  return EXIT.ok;
}

/** Tells which files below a folder have changed: those that change together at once, and never two batches at the same time. */
import { relative, sep } from 'node:path';
import { watch } from 'chokidar';

/** Milliseconds without a further change: editors write a file in several steps. */
const SETTLE_MS = 40;
const IGNORED = new Set(['node_modules', '.git', '.tap', 'dist']);

export interface Watching {
  close(): Promise<void>;
}

/** `run` gets absolute paths and must not reject. Resolves when every later change will be seen. */
export async function watchFolder(
  folder: string,
  run: (paths: ReadonlySet<string>) => Promise<void>,
): Promise<Watching> {
  const watcher = watch(folder, {
    ignoreInitial: true,
    ignored: (path) =>
      relative(folder, path)
        .split(sep)
        .some((part) => IGNORED.has(part)),
  });
  let changed = new Set<string>();
  let timer: NodeJS.Timeout | undefined;
  let turn = Promise.resolve();
  const take = async (): Promise<void> => {
    if (changed.size === 0) return;
    const paths = changed;
    changed = new Set();
    await run(paths);
  };
  watcher.on('all', (_event, path) => {
    changed.add(path);
    clearTimeout(timer);
    timer = setTimeout(() => {
      turn = turn.then(take);
    }, SETTLE_MS);
  });
  // A folder that cannot be read any more; what was deployed goes on.
  watcher.on('error', (error) => console.error(`watching ${folder}: ${(error as Error).message}`));
  await new Promise<void>((resolve) => watcher.once('ready', resolve));
  return {
    async close() {
      clearTimeout(timer);
      changed = new Set();
      await watcher.close();
      await turn;
    },
  };
}

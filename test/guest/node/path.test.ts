import { compare } from './compare.ts';

const parts = ['', '.', '..', '/', 'a', 'b.txt', './c', '../d', '//e//', '.hidden', 'x.', 'a b', 'é'];

compare('path of posix, for every combination of parts', "import path, { join, posix } from 'node:path';", {
  one: `return ${JSON.stringify(parts)}.flatMap((x) => ${JSON.stringify(parts)}.map((y) => { const p = x + y; return [path.normalize(p), path.dirname(p), path.basename(p), path.extname(p), path.isAbsolute(p), path.parse(p), path.format(path.parse(p))]; }));`,
  two: `return ${JSON.stringify(parts)}.flatMap((x) => ${JSON.stringify(parts)}.map((y) => [join(x, y), path.resolve('/r', x, y), path.relative('/r/' + x, '/r/' + y), path.basename(x + y, '.txt')]));`,
  names:
    'return [path.sep, path.delimiter, posix === path, path.posix === path, path.win32.posix === path, path.toNamespacedPath("/a")];',
  'no string': 'return path.join("a", 1);',
  'no string to resolve': 'return path.resolve("a", undefined, {});',
  'no string to dirname': 'return path.dirname(null);',
  'no suffix': 'return path.basename("a", 1);',
  'no object': 'return path.format("x");',
});

compare(
  'path of win32',
  "import { win32 } from 'node:path'; import other from 'node:path/win32'; import posix from 'path/posix';",
  {
    one: `return ['C:\\\\a\\\\..\\\\b', 'a/b', 'C:/x/y.txt', '\\\\\\\\server\\\\share\\\\f', 'c:', '/', '..\\\\x'].map((p) => [win32.normalize(p), win32.dirname(p), win32.basename(p), win32.extname(p), win32.isAbsolute(p), win32.parse(p)]);`,
    two: `return [win32.join('a', '..', 'b', 'c'), win32.resolve('C:\\\\a', '..', 'b'), win32.relative('C:\\\\a\\\\b', 'C:\\\\a\\\\c'), win32.sep, win32.delimiter, other === win32, posix.sep];`,
  },
);

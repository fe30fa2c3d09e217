/** File names by pattern: stars, braces, classes, negation, dots, and levels of folders. */
import { braceExpand, filter, Minimatch, match, minimatch } from 'minimatch';

const files = [
  'a.js',
  'lib/b.ts',
  'lib/deep/c.js',
  '.hidden/d.js',
  'test/e.test.ts',
  'README.md',
  'lib/[x].js',
  'img/é.png',
];

export const handler = () => ({
  patterns: [
    '*.js',
    '**/*.js',
    'lib/**',
    '{lib,test}/**/*.ts',
    '!(*.md)',
    '**/[a-c].?s',
    '**/*.{js,ts}',
    '!**/*.js',
    '**/[[:alpha:]].png',
    '+(a|b).js',
    '#comment',
  ].map((pattern) => match(files, pattern)),
  options: [
    minimatch('.a', '*', { dot: true }),
    minimatch('A.JS', '*.js', { nocase: true }),
    minimatch('x/a.js', '*.js', { matchBase: true }),
    minimatch('a', '[', { nonull: true }),
  ],
  filtered: files.filter(filter('**/*.ts')),
  braces: [braceExpand('{a,b{1..3}}-{x,}'), braceExpand('{01..10..3}')],
  escaped: [
    minimatch.escape('lib/[x]*.js'),
    minimatch.unescape('lib/[[]x].js'),
    minimatch('lib/[x].js', minimatch.escape('lib/[x].js')),
  ],
  levels: [minimatch('a/x/y/b', 'a/**/b'), new Minimatch('a/**/b').match('a/b'), new Minimatch('a/*/b').match('a/b')],
  object: new Minimatch('a/{b,c}/*.js').set.length,
});

/** The pages of docs/ as the site shows them, in reading order. A page that is in no group stands under "More". */
export const GROUPS: Readonly<Record<string, readonly string[]>> = {
  Begin: ['getting-started', 'comparison', 'README.zh'],
  Guides: [
    'plugins',
    'hosting',
    'async',
    'triggers',
    'cluster',
    'security',
    'instances',
    'tuning',
    'observability',
    'console',
  ],
  Reference: ['cli', 'serve', 'fc-api', 'lambda-api', 'bindings', 'network', 'errors', 'metrics'],
  'What functions have': ['node-modules', 'web-apis', 'packages'],
  Inside: ['architecture', 'benchmarks', 'scaling', 'dependencies'],
};

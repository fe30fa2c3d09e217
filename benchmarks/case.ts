/** One case of one suite, in a process of its own; prints its rows as the last line. Started by run.ts. */
import { suites } from './suites.ts';

const [suite = '', name = '', size = ''] = process.argv.slice(2);
const run = suites[suite]?.cases[name];
if (run === undefined) throw new Error(`There is no case ${suite}/${name}`);
const rows = await run(size === 'quick');
process.stdout.write(`\n${JSON.stringify(rows)}`, () => process.exit(0));

/** One case of one suite, in a process of its own; prints its rows as the last line. Started by run-case.ts. */
import { findSuite } from './find.ts';

const [name = '', caseName = '', size = ''] = process.argv.slice(2);
const run = (await findSuite(name)).cases[caseName];
if (run === undefined) throw new Error(`There is no case ${name}/${caseName}`);
const rows = await run(size === 'quick');
process.stdout.write(`\n${JSON.stringify(rows)}\n`, () => process.exit(0));

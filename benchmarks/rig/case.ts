/** One case of one suite, in a process of its own; prints its rows as the last line. Started by run-case.ts. */
import { findSuite } from './find.ts';

const [name = '', caseName = '', size = ''] = process.argv.slice(2);
const run = (await findSuite(name)).cases[caseName];
if (run === undefined) throw new Error(`There is no case ${name}/${caseName}`);
const rows = await run(size === 'quick');
// Child processes that were just ended count as the case's own, and not as noise, once they have been waited for.
await new Promise((resolve) => setTimeout(resolve, 30));
process.stdout.write(`\n${JSON.stringify(rows)}\n`, () => process.exit(0));

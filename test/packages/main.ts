/** `npm run packages` runs every case and writes `docs/packages.md`. The exit code is 1 when a case fails. */
import { loadCode } from '../../lib/code/load.ts';
import { createEngine } from '../../lib/index.ts';
import { CASES, listCases } from './cases.ts';
import { type Measured, writeReport } from './report.ts';
import { runCase } from './run.ts';

await using engine = await createEngine({ workers: 1 });
const measured: Measured[] = [];
for (const packageCase of listCases()) {
  const outcome = await runCase(engine, packageCase, 'auto');
  const { nodeModules } = await loadCode(
    { source: packageCase.source, language: 'js', resolveDir: CASES },
    { handler: 'index.handler' },
  );
  measured.push({ outcome, nodeModules });
  console.log(`${packageCase.name}: ${outcome.problem ?? 'the same as in Node.js'} (${outcome.info?.image.kind})`);
}
writeReport(measured);
process.exitCode = measured.every(({ outcome }) => outcome.problem === undefined) ? 0 : 1;

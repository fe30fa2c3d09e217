/** A report as a table for people at a terminal, or as JSON lines for programs. */
import { figure, type Line, type Report } from './lines.ts';

export function printTable({ suite, result, lines, aims, failures, noisy }: Report): void {
  const { machine } = result;
  console.log(
    `\n${suite.name} (${suite.unit}); revision ${result.revision}, Node ${machine.node}, isolated-vm ${machine.isolatedVm}, ` +
      `piscina ${machine.piscina}, ${machine.cores} x ${machine.cpu}, governor ${machine.governor}`,
  );
  const width = Math.min(64, Math.max(20, ...lines.map(({ row }) => row.length)));
  for (const line of lines) console.log(`${line.row.padEnd(width)} ${figures(line, suite.unit)}`);
  for (const { row, says, value, met } of aims)
    console.log(`${met ? 'met   ' : 'MISSED'} ${row}: ${says} (${value.toFixed(3)})`);
  for (const failure of failures) console.log(`FAILED ${failure}`);
  if (noisy.length > 0)
    console.log(
      `NOISY  others used the machine during ${noisy.length} of ${result.runs.length} runs: ${noisy.slice(0, 8).join(', ')}${noisy.length > 8 ? ', ...' : ''}`,
    );
}

function figures({ samples, unit, median, p99, min, n, ratio, baseline }: Line, usual: string): string {
  if (typeof samples === 'string') return samples;
  const beside = ratio === undefined ? '' : `  ${ratio.toFixed(2)}x ${baseline}`;
  const columns = `${figure(median).padStart(9)} p99 ${figure(p99).padStart(9)} min ${figure(min).padStart(9)} n ${String(n).padStart(6)}`;
  return `${columns}${unit === usual ? '' : ` ${unit}`}${beside}`;
}

export function printJson({ suite, result, lines, aims, failures, noisy }: Report): void {
  const print = (line: object): void => console.log(JSON.stringify({ suite: suite.name, ...line }));
  const facts = { ...result.machine, revision: result.revision };
  for (const { samples, more: _, ...line } of lines)
    print(typeof samples === 'string' ? { row: line.row, finding: samples, ...facts } : { ...line, ...facts });
  for (const { says, ...aim } of aims) print({ target: says, ...aim });
  for (const failure of failures) print({ failure });
  if (noisy.length > 0) print({ noisy });
}

/** `isopod inspect`: how a function of a host starts, why its last cold starts happened, what would have avoided them. */
import type { Command } from 'commander';
import type { ColdStart, ColdStartStages, FunctionInspection } from '../types.ts';
import { command, type Options, queryOf, runWith } from './host-command.ts';
import { type Column, renderTable } from './table.ts';
import { STAGES } from './timings.ts';

export function addInspectCommand(program: Command, done: (code: number) => void): void {
  const run = runWith(done);
  command(
    program,
    'inspect <function>',
    'how a function starts, why its last cold starts happened, and what would have avoided them',
  )
    .option('--qualifier <name>', 'a version or an alias')
    .option('--last <n>', 'cold starts to look at, 1-50; 10 by default')
    .action((name: string, options: Options) =>
      run(options, async (at) => {
        const { qualifier, last, json } = options;
        const path = `/isopod/v1/functions/${encodeURIComponent(name)}/inspection${queryOf({ qualifier, last })}`;
        const inspection = await at.json<FunctionInspection>('GET', path);
        if (json === true) console.log(JSON.stringify(inspection, null, 2));
        else for (const line of inspectionLines(inspection)) console.log(line);
        return undefined;
      }),
    );
}

const ms = (value: number): string => (value === 0 ? '' : value.toFixed(value < 10 ? 2 : 1));

const column = (title: string, right = true): Column => ({ title, width: 60, right });

export function inspectionLines(inspection: FunctionInspection): string[] {
  const { functionName, versionId, lane, instances, start, coldStarts, advice, bundle } = inspection;
  const { image, quickestMs, instanceBytes } = start;
  const quickest = quickestMs === undefined ? '' : `, ${ms(quickestMs)} ms at best`;
  const size = instanceBytes === undefined ? '' : `, ${(instanceBytes / 1e6).toFixed(1)} MB an instance`;
  const reason = image.reason === undefined ? '' : ` (${image.reason})`;
  return [
    `${functionName}, version ${versionId}, ${lane} lane`,
    `instances   ${instances.provisioned} provisioned, ${instances.onDemand} on demand, ${instances.spares} spare`,
    `starts as   ${image.kind} of ${(image.bytes / 1e6).toFixed(2)} MB${quickest}${size}${reason}`,
    '',
    ...coldLines(coldStarts),
    ...(advice.length === 0 ? [] : ['', 'What would help']),
    ...advice.map(({ avoids, savesMs, says }) => `  ${weight(avoids, savesMs)}  ${says}`),
    '',
    `Bundle: ${kB(bundle.bytes)} kB`,
    ...renderTable(
      [column('module', false), column('kB'), column('share')],
      bundle.modules.map(({ name, bytes, share }) => [name, kB(bytes), `${Math.round(share * 100)}%`]),
    ),
  ];
}

const weight = (avoids: number, savesMs: number | undefined): string =>
  savesMs === undefined ? `avoids ${avoids}:` : `up to ${ms(savesMs)} ms each:`;
const kB = (bytes: number): string => (bytes / 1_000).toFixed(1);

function coldLines({ count, byReason, meanStages, last }: FunctionInspection['coldStarts']): string[] {
  if (count === 0) return ['No cold starts.'];
  const reasons = Object.entries(byReason).map(([reason, times]) => `${times} ${reason}`);
  const shown = STAGES.filter(([stage]) => last.some(({ stages }) => stages[stage] > 0));
  const row = (name: string, why: string, stages: ColdStartStages): string[] => [
    name,
    why,
    ...shown.map(([stage]) => ms(stages[stage])),
  ];
  const rows = last.map((one) => row(new Date(one.at).toISOString().slice(11, 23), whyOf(one), one.stages));
  if (meanStages !== undefined && last.length > 1) rows.push(row('mean', '', meanStages));
  return [
    `Cold starts: ${count} (${reasons.join(', ')}); the last ${last.length}, in ms:`,
    ...renderTable([column('at (UTC)', false), column('why', false), ...shown.map(([, title]) => column(title))], rows),
  ];
}

const whyOf = ({ reason, detail }: ColdStart): string => (detail === undefined ? reason : `${reason}: ${detail}`);

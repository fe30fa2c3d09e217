/** `isopod inspect`: how a function of a host starts, why its last cold starts happened, what would have avoided them. */
import type { Command } from 'commander';
import type { ColdStart, ColdStartStages, FunctionInspection } from '../types.ts';
import type { ConnectionOptions } from './connection.ts';
import { EXIT } from './exit-codes.ts';
import { hostOptions } from './host-options.ts';
import type { OutputOptions } from './output.ts';
import { type Column, renderTable } from './table.ts';

interface Options extends ConnectionOptions, OutputOptions {
  readonly qualifier?: string;
  readonly last?: string;
}

export function addInspectCommand(program: Command, done: (code: number) => void): void {
  hostOptions(program.command('inspect <function>'))
    .description('how a function starts, why its last cold starts happened, and what would have avoided them')
    .option('--qualifier <name>', 'a version or an alias')
    .option('--last <n>', 'cold starts to look at, 1-50; 10 by default')
    .action(async (name: string, options: Options) => {
      const { connect } = await import('./connection.ts');
      await using at = await connect(options);
      const asked = { qualifier: options.qualifier, last: options.last };
      const given = Object.entries(asked).filter((pair): pair is [string, string] => pair[1] !== undefined);
      const path = `/isopod/v1/functions/${encodeURIComponent(name)}/inspection?${new URLSearchParams(given)}`;
      const inspection = await at.json<FunctionInspection>('GET', path);
      if (options.json === true) console.log(JSON.stringify(inspection, null, 2));
      else for (const line of inspectionLines(inspection)) console.log(line);
      done(EXIT.ok);
    });
}

const ms = (value: number): string => (value === 0 ? '' : value.toFixed(value < 10 ? 2 : 1));

/** In the order they happen; parts of one before it. */
const STAGES: readonly (readonly [keyof ColdStartStages, string])[] = [
  ['scheduleMs', 'schedule'],
  ['downloadCodeMs', 'download'],
  ['unzipMs', 'unzip'],
  ['bundleMs', 'bundle'],
  ['imageBuildMs', 'image'],
  ['imageLoadMs', 'load'],
  ['restoreMs', 'restore'],
  ['evaluateMs', 'evaluate'],
  ['startInstanceMs', 'start'],
  ['initializerMs', 'initializer'],
  ['handlerMs', 'handler'],
];

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

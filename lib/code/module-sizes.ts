/** What of a bundle comes from where, read off its source map: packages as a whole, own files one by one. */
import { decodedMappings, TraceMap } from '@jridgewell/trace-mapping';
import type { ModuleSize } from '../types.ts';

const PACKAGE = /(?:^|\/)node_modules\/((?:@[^/]+\/)?[^/]+)\/(?!.*\/node_modules\/)/;

const OURS = /^isopod-(web|node):/;

function nameOf(source: string): string {
  const ours = OURS.exec(source)?.[1];
  if (ours !== undefined) return ours === 'web' ? "Isopod's web globals" : "Isopod's Node.js modules";
  const found = PACKAGE.exec(source);
  return found === null ? source.replace(/^(?:\.\.?\/)+/, '') : `package ${found[1]}`;
}

/** Largest first. Empty when the source map cannot be read. */
export function moduleSizes(script: string, sourceMap: string): ModuleSize[] {
  let map: TraceMap;
  try {
    map = new TraceMap(sourceMap);
  } catch {
    return [];
  }
  const bySource = new Float64Array(map.sources.length);
  const lines = script.split('\n');
  for (const [at, segments] of decodedMappings(map).entries()) {
    const end = lines[at]?.length ?? 0;
    for (const [index, segment] of segments.entries()) {
      const source = segment[1];
      if (source === undefined) continue;
      const to = segments[index + 1]?.[0] ?? end;
      bySource[source] = (bySource[source] ?? 0) + Math.max(0, to - segment[0]);
    }
  }
  const byName = new Map<string, number>();
  for (const [at, source] of map.sources.entries()) {
    const bytes = bySource[at] ?? 0;
    if (source === null || bytes === 0) continue;
    byName.set(nameOf(source), (byName.get(nameOf(source)) ?? 0) + bytes);
  }
  return [...byName]
    .map(([name, bytes]) => ({ name, bytes, share: bytes / Math.max(1, script.length) }))
    .sort((a, b) => b.bytes - a.bytes);
}

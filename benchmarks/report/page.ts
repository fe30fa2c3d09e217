/** A page that stands for itself: its data, its script with the plotting library, and its styles in one HTML file. */
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';

const folder = fileURLToPath(new URL('page/', import.meta.url));

export async function makePage(entry: 'report' | 'flame', title: string, data: unknown): Promise<string> {
  const { outputFiles } = await build({
    entryPoints: [`${folder}${entry}.ts`],
    bundle: true,
    write: false,
    minify: true,
    format: 'iife',
    target: 'es2022',
    legalComments: 'none',
  });
  const inScript = (text: string): string => text.replaceAll('</script', '<\\/script').replaceAll('<!--', '<\\!--');
  return `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>${title.replaceAll('&', '&amp;').replaceAll('<', '&lt;')}</title>
<style>${readFileSync(`${folder}style.css`, 'utf8')}</style>
</head>
<body>
<div id="page"></div>
<script id="data" type="application/json">${inScript(JSON.stringify(data))}</script>
<script>${inScript(outputFiles[0]?.text ?? '')}</script>
</body>
</html>
`;
}

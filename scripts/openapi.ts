/** Writes docs/openapi.json. */
import { writeFileSync } from 'node:fs';
import { openApiDocument } from '../lib/http/openapi/document.ts';
import { packageVersion } from '../lib/http/openapi/version.ts';

export const openApiText = (): string => `${JSON.stringify(openApiDocument(packageVersion()), null, 1)}\n`;

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(new URL('../docs/openapi.json', import.meta.url), openApiText());
}

/** Writes docs/openapi.json, which is published with the package and not kept in git: the server's schemas are its source. */
import { writeFileSync } from 'node:fs';
import { openApiDocument } from '../lib/http/openapi/document.ts';
import { packageVersion } from '../lib/http/openapi/version.ts';

export const openApiText = (): string => `${JSON.stringify(openApiDocument(packageVersion()), null, 1)}\n`;

if (process.argv[1] === new URL(import.meta.url).pathname) {
  writeFileSync(new URL('../docs/openapi.json', import.meta.url), openApiText());
}

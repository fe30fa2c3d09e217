/** The OpenAPI document: whole, and true to the routes. */
import t from 'tap';
import { openApiDocument } from '../../lib/http/openapi/document.ts';
import { serve } from './served.ts';

// biome-ignore lint/suspicious/noExplicitAny: a document of any shape.
type Document = any;

t.test('references lead somewhere, and operations have names of their own', (t) => {
  const document: Document = openApiDocument('0');
  const names = Object.keys(document.components.schemas);
  const references = [...JSON.stringify(document).matchAll(/"\$ref":"([^"]+)"/g)].map(([, to]) => to as string);
  t.ok(references.length > 10);
  t.same(
    references.filter((to) => !names.includes(to.replace('#/components/schemas/', ''))),
    [],
  );
  const operations = Object.values(document.paths).flatMap((path) => Object.values(path as object)) as Document[];
  t.ok(operations.length > 80, `${operations.length} operations`);
  t.equal(new Set(operations.map(({ operationId }) => operationId)).size, operations.length);
  t.match(document.paths['/2023-03-30/functions'].post, { operationId: 'CreateFunction', requestBody: Object });
  t.match(document.paths['/isopod/v1/functions/{functionName}/activity'].get, {
    operationId: 'Host_GetFunctionActivity',
  });
  const read = ['/isopod/v1/functions/{functionName}/logs', '/metrics', '/healthz', '/readyz'];
  for (const path of read) t.match(document.paths[path]?.get, { tags: ['Host'], responses: { 200: Object } }, path);
  t.end();
});

t.test('it is served, and every path of it has a route', async (t) => {
  await using served = await serve({ anonymous: true });
  const response = await served.server.inject('/openapi.json');
  const document: Document = response.json();
  const missing: string[] = [];
  for (const [path, methods] of Object.entries(document.paths)) {
    for (const method of Object.keys(methods as object)) {
      const url = path.replace(/\{\w+\}/g, ':part');
      const has = served.server.findRoute({
        method: method.toUpperCase() as 'GET',
        url: path.replace(/\{(\w+)\}/g, ':$1'),
      });
      if (has === null || has === undefined) missing.push(`${method} ${url}`);
    }
  }
  t.same(missing, []);
});

/** The TypeScript type of a JSON Schema (draft 2020-12), as text; `unknown` for what a type cannot say. */

/** The keywords that are looked at; schemas are other people's, so nothing is sure. */
export interface JsonSchema {
  readonly type?: unknown;
  readonly title?: unknown;
  readonly description?: unknown;
  readonly const?: unknown;
  readonly enum?: unknown;
  readonly anyOf?: unknown;
  readonly oneOf?: unknown;
  readonly allOf?: unknown;
  readonly not?: unknown;
  readonly $ref?: unknown;
  readonly properties?: unknown;
  readonly required?: unknown;
  readonly additionalProperties?: unknown;
  readonly prefixItems?: unknown;
  readonly items?: unknown;
  readonly minItems?: unknown;
}

/** Levels written out; a schema that refers to itself has no end. */
const MAX_DEPTH = 8;

export const typeOf = (schema: JsonSchema): string => write(schema, { root: schema, depth: 0 });

/** A name as it may stand in an interface. */
export const propertyName = (name: string): string => (/^[A-Za-z_$][\w$]*$/.test(name) ? name : JSON.stringify(name));

/** A doc comment, or nothing. */
export function comment(text: unknown, indent: string): string {
  if (typeof text !== 'string' || text.trim() === '') return '';
  const lines = text.trim().replaceAll('*/', '*\\/').split(/\r?\n/);
  if (lines.length === 1) return `${indent}/** ${lines[0]} */\n`;
  return `${indent}/**\n${lines.map((line) => `${indent} * ${line}\n`).join('')}${indent} */\n`;
}

interface Place {
  readonly root: JsonSchema;
  readonly depth: number;
}

const isObject = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

function write(schema: unknown, { root, depth }: Place): string {
  if (schema === false) return 'never';
  if (!isObject(schema) || depth > MAX_DEPTH) return 'unknown';
  const place = { root, depth: depth + 1 };
  const { $ref, const: only, enum: listed, anyOf, oneOf, allOf, not, type } = schema as JsonSchema;
  if (typeof $ref === 'string') return write(target(root, $ref), place);
  if (only !== undefined) return literal(only);
  if (Array.isArray(listed)) return joined(listed.map(literal), ' | ');
  const choice = anyOf ?? oneOf;
  if (Array.isArray(choice))
    return joined(
      choice.map((one) => write(one, place)),
      ' | ',
    );
  if (Array.isArray(allOf))
    return joined(
      allOf.map((one) => write(one, place)),
      ' & ',
    );
  if (isObject(not) && Object.keys(not).length === 0) return 'never';
  if (Array.isArray(type))
    return joined(
      type.map((one) => write({ ...schema, type: one }, place)),
      ' | ',
    );
  return simple(schema as JsonSchema, place);
}

function simple(schema: JsonSchema, place: Place): string {
  switch (schema.type) {
    case 'string':
    case 'boolean':
    case 'number':
    case 'null':
      return schema.type;
    case 'integer':
      return 'number';
    case 'array':
      return list(schema, place);
    case 'object':
      return object(schema, place);
    default:
      return 'unknown';
  }
}

function list({ prefixItems, items, minItems }: JsonSchema, place: Place): string {
  if (!Array.isArray(prefixItems)) return `Array<${items === undefined ? 'unknown' : write(items, place)}>`;
  const needed = typeof minItems === 'number' ? minItems : prefixItems.length;
  const parts = prefixItems.map((one, at) => (at < needed ? write(one, place) : `(${write(one, place)})?`));
  if (items !== undefined && items !== false) parts.push(`...Array<${write(items, place)}>`);
  return `[${parts.join(', ')}]`;
}

function object({ properties, required, additionalProperties }: JsonSchema, place: Place): string {
  const needed = new Set(Array.isArray(required) ? required : []);
  const entries = isObject(properties) ? Object.entries(properties) : [];
  const rest = additionalProperties === false ? undefined : restOf(additionalProperties, place);
  if (entries.length === 0) return `Record<string, ${rest ?? 'never'}>`;
  const indent = '    '.concat('  '.repeat(place.depth));
  const members = entries.map(([name, one]) => {
    const mark = needed.has(name) ? '' : '?';
    return `${comment((one as JsonSchema | null)?.description, indent)}${indent}${propertyName(name)}${mark}: ${write(one, place)};\n`;
  });
  // Members must fit the index signature, so only a loose one can be written.
  if (isObject(additionalProperties)) members.push(`${indent}[key: string]: unknown;\n`);
  return `{\n${members.join('')}${indent.slice(2)}}`;
}

const restOf = (schema: unknown, place: Place): string => (isObject(schema) ? write(schema, place) : 'unknown');

function literal(value: unknown): string {
  return value === null || ['string', 'number', 'boolean'].includes(typeof value) ? JSON.stringify(value) : 'unknown';
}

function joined(parts: readonly string[], by: ' | ' | ' & '): string {
  const different = [...new Set(parts)];
  if (different.length === 0) return 'never';
  return different.length === 1 ? (different[0] as string) : `(${different.join(by)})`;
}

/** What a reference inside the same schema means. */
function target(root: JsonSchema, ref: string): unknown {
  if (ref === '#') return root;
  if (!ref.startsWith('#/')) return undefined;
  let at: unknown = root;
  for (const part of ref.slice(2).split('/')) {
    const key = part.replaceAll('~1', '/').replaceAll('~0', '~');
    at = isObject(at) && Object.hasOwn(at, key) ? at[key] : undefined;
  }
  return at;
}

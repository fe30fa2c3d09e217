/** Values checked by a Standard Schema of any library. */
import type { SchemaIssue, StandardSchema } from '../types.ts';
import { after, type Eventual, isLater } from './after.ts';

/** Issues and characters of them that are told. */
const MAX_ISSUES = 5;
const MAX_MESSAGE = 400;
const MAX_KEY = 100;

export type Verdict = { readonly value: unknown } | { readonly problem: string };

export function isSchema(value: unknown): value is StandardSchema {
  if ((typeof value !== 'object' && typeof value !== 'function') || value === null) return false;
  return typeof (value as Partial<StandardSchema>)['~standard']?.validate === 'function';
}

/** What a list of arguments comes to, or what is wrong with it. Fails with what a schema throws. */
export function checkArgs(schema: StandardSchema | readonly StandardSchema[], args: unknown[]): Eventual<Verdict> {
  if (!isList(schema)) return checkValue(schema, args, 'arguments');
  if (args.length > schema.length) {
    return { problem: `arguments: ${args.length} were given, and there are at most ${schema.length}` };
  }
  const verdicts = schema.map((one, at) => checkValue(one, args[at], `arguments[${at}]`));
  return after(verdicts.some(isLater) ? Promise.all(verdicts) : (verdicts as Verdict[]), (all) =>
    joined(all, args.length),
  );
}

const isList = (schema: StandardSchema | readonly StandardSchema[]): schema is readonly StandardSchema[] =>
  Array.isArray(schema);

function joined(verdicts: readonly Verdict[], given: number): Verdict {
  const checked: unknown[] = [];
  for (const verdict of verdicts) {
    if ('problem' in verdict) return verdict;
    checked.push(verdict.value);
  }
  // Arguments left out stay left out, so that the host function's own defaults hold.
  while (checked.length > given && checked.at(-1) === undefined) checked.pop();
  return { value: checked };
}

export function checkValue(schema: StandardSchema, value: unknown, place: string): Eventual<Verdict> {
  return after(schema['~standard'].validate(value), (verdict) =>
    verdict.issues === undefined ? { value: verdict.value } : { problem: tell(verdict.issues, place) },
  );
}

function tell(issues: readonly SchemaIssue[], place: string): string {
  const told = issues.slice(0, MAX_ISSUES).map(({ path, message }) => {
    const at = (path ?? []).map((part) => keyPlace(typeof part === 'object' ? part.key : part)).join('');
    return `${place}${at}: ${String(message).slice(0, MAX_MESSAGE)}`;
  });
  if (issues.length > MAX_ISSUES) told.push(`and ${issues.length - MAX_ISSUES} more`);
  return told.join('; ');
}

function keyPlace(key: PropertyKey): string {
  if (typeof key === 'number') return `[${key}]`;
  const name = String(key).slice(0, MAX_KEY);
  return /^[A-Za-z_$][\w$]*$/.test(name) ? `.${name}` : `[${JSON.stringify(name)}]`;
}

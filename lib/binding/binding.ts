/** Host functions with what is known of them: schemas, quota, description. */
import type { BindingMethod, BindingQuota, HostCallContext, StandardSchema } from '../types.ts';

type ArgSchemas = StandardSchema | readonly StandardSchema[];
type In<S> = S extends StandardSchema<infer Input, unknown> ? Input : never;
type Out<S> = S extends { readonly '~standard': { readonly types?: infer T } }
  ? NonNullable<T> extends { readonly output: infer Output }
    ? Output
    : unknown
  : unknown;
type ArgsOf<A> = A extends readonly StandardSchema[]
  ? { -readonly [K in keyof A]: Out<A[K]> }
  : A extends StandardSchema
    ? Extract<Out<A>, readonly unknown[]>
    : // biome-ignore lint/suspicious/noExplicitAny: without schemas the caller's own parameter types must fit here.
      any[];
type ResultOf<R> = R extends StandardSchema ? In<R> : unknown;

/**
 * Describes a method of a binding, with the types of `call` taken from the schemas. `call` gets the context of the call
 * first, which guests can neither see nor forge, then the arguments. Nothing is checked before `createFunction`.
 *
 * @example
 * const query = binding({
 *   args: [z.string()],
 *   result: z.array(z.looseObject({ id: z.number() })),
 *   quota: { callsPerInvocation: 20, timeoutMs: 500 },
 *   call: ({ signal }, sql) => database.query(sql, { signal }),
 * });
 */
export function binding<
  const A extends ArgSchemas | undefined = undefined,
  R extends StandardSchema | undefined = undefined,
>(method: {
  readonly call: (context: HostCallContext, ...args: ArgsOf<A>) => ResultOf<R> | Promise<ResultOf<R>>;
  readonly args?: A;
  readonly result?: R;
  readonly quota?: BindingQuota | undefined;
  readonly description?: string | undefined;
}): BindingMethod {
  return method as BindingMethod;
}

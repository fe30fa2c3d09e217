/** Async functions as generators, for bundles whose AsyncLocalStorage must see every `await`. */
import type { BuildOptions } from 'esbuild';

export const WITHOUT_AWAIT: NonNullable<BuildOptions['supported']> = {
  'async-await': false,
  'async-generator': false,
  'for-await': false,
};

const NAME = '__isopod_module';

/** The same for a script that awaits at its top level, which the bundler itself cannot lower. */
export async function lowerScript(script: string, sourceMap: string): Promise<{ script: string; sourceMap: string }> {
  const { transform } = await import('esbuild');
  const inline = Buffer.from(sourceMap).toString('base64');
  const { code, map } = await transform(
    `var ${NAME}=${script}\n//# sourceMappingURL=data:application/json;base64,${inline}`,
    { supported: WITHOUT_AWAIT, target: 'es2024', charset: 'utf8', sourcemap: 'external', minifyWhitespace: true },
  );
  const { mappings, ...rest } = JSON.parse(map) as { mappings: string };
  // One line in front of it.
  return {
    script: `(()=>{\n${code};return ${NAME}})()`,
    sourceMap: JSON.stringify({ ...rest, mappings: `;${mappings}` }),
  };
}

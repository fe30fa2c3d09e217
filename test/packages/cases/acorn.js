/** A syntax tree of a module, its tokens and comments, places of errors, and a change made by place. */
import { isIdentifierStart, Parser, parse, parseExpressionAt, tokenizer } from 'acorn';

const SOURCE = `import x, { y as z } from 'm'; // first
export default class A extends B { #p = 1n; static { this.q ??= x?.[z] ** 2; } async *m({ a, ...b }, [c = 1]) { for await (const d of b) yield* d; } }
/* second */ const re = /(?<year>\\d{4})/v, t = tag\`a\${1 + 2}b\`;
`;

const failure = (text, options) => {
  try {
    return parse(text, { ecmaVersion: 'latest', ...options }).type;
  } catch (error) {
    return [error.name, error.message, error.pos, error.loc];
  }
};

export const handler = () => {
  const comments = [];
  const tree = parse(SOURCE, { ecmaVersion: 'latest', sourceType: 'module', locations: true, onComment: comments });
  const names = [];
  const Counting = Parser.extend(
    (Base) =>
      class extends Base {
        parseIdent(...rest) {
          const node = super.parseIdent(...rest);
          names.push(node.name);
          return node;
        }
      },
  );
  Counting.parse(SOURCE, { ecmaVersion: 'latest', sourceType: 'module' });
  return {
    tree: JSON.parse(JSON.stringify(tree, (_key, value) => (typeof value === 'bigint' ? `${value}n` : value))),
    comments: comments.map(({ type, value, start }) => [type, value, start]),
    // biome-ignore lint/suspicious/noTemplateCurlyInString: text of a program.
    tokens: [...tokenizer('a => `x${b}` /c/g', { ecmaVersion: 2024 })].map(({ type, start }) => [type.label, start]),
    expression: parseExpressionAt('  1 + 2 * 3; rest', 2, { ecmaVersion: 'latest' }).end,
    errors: [
      failure('let a; let a'),
      failure('a b'),
      failure('await 1'),
      failure('await 1', { sourceType: 'module' }),
      failure('x = 08', { sourceType: 'module' }),
    ],
    names,
    letters: [isIdentifierStart(0xe9), isIdentifierStart(0x31)],
  };
};

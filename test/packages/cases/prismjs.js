/** Code in colours: by language, with hooks, a language of one's own, and its tokens. */
import Prism from 'prismjs';
import 'prismjs/components/prism-python.js';
import 'prismjs/components/prism-sql.js';
import 'prismjs/components/prism-typescript.js';

const render = (code, language) => Prism.highlight(code, Prism.languages[language], language);

export const handler = () => {
  const wrapped = [];
  Prism.hooks.add('wrap', ({ type, content }) => wrapped.push([type, content.length]));
  Prism.languages.tea = Prism.languages.extend('clike', { keyword: /\b(?:brew|pour)\b/ });
  Prism.languages.insertBefore('tea', 'keyword', {
    cup: { pattern: /(^|\s)cups?\b/, lookbehind: true, alias: 'unit' },
  });
  const count = (token) =>
    typeof token === 'string' ? 0 : 1 + [token.content].flat().reduce((sum, each) => sum + count(each), 0);
  return {
    html: [
      // biome-ignore lint/suspicious/noTemplateCurlyInString: text of a program.
      render('let a: number = `x${b}`; // 1 < 2', 'typescript'),
      render('<p class="a">&amp;<style>a { color: red }</style></p>', 'markup'),
      render('def f(x):\n    return f"{x}"', 'python'),
      render("SELECT 'a' FROM b", 'sql'),
      render('brew 3 cups;', 'tea'),
    ],
    tokens: Prism.tokenize('if (a) { b(1); }', Prism.languages.javascript).map(count),
    wrapped,
    encoded: String(Prism.util.encode('<&\u00a0>')),
    languages: Object.keys(Prism.languages).sort(),
  };
};

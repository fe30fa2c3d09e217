/** Code in colours: by language, guessed, with a language of one's own, and its tokens. */
import hljs from 'highlight.js';

const samples = {
  // biome-ignore lint/suspicious/noTemplateCurlyInString: text of a program.
  javascript: 'const f = async (x) => `a${x + 1}`; // done\nclass A extends B { #p = /re/g }',
  python: 'def f(x: int) -> str:\n    """Doc"""\n    return f"{x!r}" if x else None  # ok',
  sql: "SELECT count(*) FROM users WHERE name LIKE 'A%' -- all",
  xml: '<a href="x">t</a><script>let a = 1;</script><!-- c -->',
  css: '@media (min-width: 1px) { a:hover { color: #fff; } }',
  rust: 'fn main() { let x: &\'static str = "a"; println!("{}", x); }',
  yaml: 'a: &x [1, true]\nb: *x',
};

export const handler = () => {
  hljs.registerLanguage('tea', () => ({ keywords: 'brew pour', contains: [{ scope: 'number', begin: /\d+/ }] }));
  const guessed = hljs.highlightAuto(samples.python, ['python', 'css', 'sql']);
  return {
    html: Object.entries(samples).map(([language, code]) => [language, hljs.highlight(code, { language }).value]),
    guessed: [guessed.language, guessed.relevance, guessed.secondBest?.language],
    own: hljs.highlight('brew 3 cups', { language: 'tea' }).value,
    illegal: hljs.highlight('<?', { language: 'json', ignoreIllegals: true }).illegal,
    known: [hljs.listLanguages().length, hljs.getLanguage('ts')?.name, hljs.getLanguage('klingon') === undefined],
  };
};

/** Markdown to HTML: links, tables, typography, highlighting, own rules and tokens. */
import MarkdownIt from 'markdown-it';

const TEXT = `Title
=====

"Quoted" text -- with dashes... (c) and www.example.com, mail@example.com.

| a | b |
|---|:-:|
| 1 | ~~2~~ |

1. one
2. two

   more of two

\`\`\`js {1}
let a = '<b>';
\`\`\`

![image](pic.png "A picture") <script>alert(1)</script>

[bad](javascript:alert(1)) [good](https://пример.испытание/a b)
[ref]

[ref]: https://example.com/ü 'Ref'
`;

export const handler = () => {
  const md = new MarkdownIt({
    linkify: true,
    typographer: true,
    highlight: (code, language, attributes) => `<pre data-of="${language} ${attributes}">${code.length}</pre>`,
  });
  const fallback =
    md.renderer.rules.link_open ?? ((tokens, i, options, _env, self) => self.renderToken(tokens, i, options));
  md.renderer.rules.link_open = (tokens, i, ...rest) => {
    tokens[i].attrSet('rel', 'nofollow');
    return fallback(tokens, i, ...rest);
  };
  md.core.ruler.push('count', (state) => {
    state.env.count = state.tokens.length;
  });
  const env = {};
  return {
    html: md.render(TEXT, env),
    env: [env.count, env.references],
    commonmark: new MarkdownIt('commonmark').render(TEXT),
    raw: new MarkdownIt({ html: true }).renderInline('<b>x</b> *y*'),
    tokens: md.parse(TEXT, {}).map(({ type, tag, map }) => [type, tag, map]),
  };
};

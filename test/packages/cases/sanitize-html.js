/** Comments from strangers: allowed tags and attributes, transformed tags, styles, addresses, text left over. */
import sanitizeHtml from 'sanitize-html';

const DIRTY = `<p onclick="x()" class="a b">Hello <b>bold</b> <script>alert(1)</script><a href="javascript:alert(1)">bad</a>
<a href="https://example.com/?a=1&b=2" target="_blank">good</a><img src="data:x" onerror="x()"><img src="pic.png" alt='"q"'>
<iframe src="https://evil.example/"></iframe><iframe src="https://www.youtube.com/embed/1"></iframe>
<span style="color: red; position: fixed; width: 10px">styled</span><!-- gone --> 1 < 2 &amp; &eacute; <unclosed`;

export const handler = () => ({
  defaults: sanitizeHtml(DIRTY),
  own: sanitizeHtml(DIRTY, {
    allowedTags: [...sanitizeHtml.defaults.allowedTags, 'img', 'iframe', 'span'],
    allowedAttributes: { a: ['href', 'rel'], img: ['src', 'alt'], iframe: ['src'], span: ['style'], '*': ['class'] },
    allowedClasses: { p: ['a'] },
    allowedIframeHostnames: ['www.youtube.com'],
    allowedStyles: { '*': { color: [/^red$/], width: [/^\d+px$/] } },
    allowedSchemes: ['https'],
    transformTags: { b: 'strong', a: sanitizeHtml.simpleTransform('a', { rel: 'nofollow' }) },
    exclusiveFilter: ({ tag, attribs }) => tag === 'img' && attribs.src === undefined,
  }),
  text: sanitizeHtml(DIRTY, { allowedTags: [], allowedAttributes: {} }),
  escaped: sanitizeHtml('<x>y</x><b>z</b>', { disallowedTagsMode: 'escape', allowedTags: ['b'] }),
  filtered: sanitizeHtml('<p>a...</p>', { textFilter: (text) => text.replace('...', '…') }),
});

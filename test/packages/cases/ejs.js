/** Templates compiled where they run: loops, escapes, includes from memory, async templates, own delimiters. */
import ejs from 'ejs';

const pages = { 'head.ejs': '<title><%= title %></title>' };
const includer = (path) => ({ template: pages[path] ?? '' });

const failure = (run) => {
  try {
    return run();
  } catch (error) {
    return error.message;
  }
};

export const handler = async () => ({
  list: ejs.render('<ul>\n<% for (const item of items) { -%>\n  <li><%= item %> <%- item %></li>\n<% } -%>\n</ul>', {
    items: ['Tea', '<Cup>'],
  }),
  included: ejs.render(
    `<%- include('head.ejs', { title: 'A & B' }) %>|<%_ if (true) { _%> yes <%_ } _%>`,
    {},
    { includer },
  ),
  asynchronous: await ejs.render('<%= await load(2) %>', { load: async (n) => n * 21 }, { async: true }),
  delimiters: ejs.render('[?= name ?]', { name: 'Ada' }, { delimiter: '?', openDelimiter: '[', closeDelimiter: ']' }),
  locals: ejs.compile('<%= locals.nothing ?? "none" %> <%= it %> <%% %>', { localsName: 'locals', _with: true })({
    it: 1,
  }),
  strict: ejs.compile('<%= d.a.b %>', { strict: true, _with: false, localsName: 'd' })({ a: { b: 5 } }),
  missing: failure(() => ejs.render('line\n<%= missing %>', {})),
  syntax: failure(() => ejs.compile('<% if ( %>', { compileDebug: false })).split('\n')[0],
  escaped: ejs.escapeXML(`<a href="x">'&`),
});

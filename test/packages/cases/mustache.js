/** Sections, inverted sections, partials, lambdas, other delimiters and what is escaped. */
import Mustache from 'mustache';

const view = {
  name: 'Ada & Co',
  items: [
    { name: 'Tea', price: 4.5 },
    { name: 'Cup', price: 10 },
  ],
  none: [],
  tags: ['a', 'b'],
  deep: { er: { value: 7 } },
  upper: () => (text, render) => render(text).toUpperCase(),
  total() {
    return this.items.reduce((sum, { price }) => sum + price, 0).toFixed(2);
  },
};

export const handler = () => ({
  text: Mustache.render(
    '{{name}} {{{name}}} {{&name}}\n{{#items}}\n- {{name}}: {{price}} {{> currency}}\n{{/items}}\n{{^none}}none{{/none}} {{#tags}}{{.}};{{/tags}} {{deep.er.value}} {{#upper}}loud {{name}}{{/upper}} {{total}}{{! gone }}',
    view,
    { currency: '<EUR>' },
  ),
  delimiters: Mustache.render('{{=<% %>=}}<% name %> {{name}}', view),
  own: Mustache.render('[[name]]', view, {}, { tags: ['[[', ']]'], escape: (text) => text.replace('&', '+') }),
  tokens: Mustache.parse('a {{#b}}{{c}}{{/b}}'),
  escaped: Mustache.escape(`<a href="x">'\``),
});

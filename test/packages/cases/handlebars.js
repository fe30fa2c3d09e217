/** An order confirmation: templates compiled where they run, partials, block functions and what is escaped. */
import Handlebars from 'handlebars';

const hb = Handlebars.create();
hb.registerHelper('money', (cents, { hash }) => `${(cents / 100).toFixed(2)} ${hash.currency ?? 'EUR'}`);
hb.registerHelper('list', function (items, options) {
  if (items.length === 0) return options.inverse(this);
  return items.map((item, index) => options.fn(item, { data: { ...options.data, place: index + 1 } })).join('');
});
hb.registerHelper(
  'link',
  (text, url) => new hb.SafeString(`<a href="${hb.escapeExpression(url)}">${hb.escapeExpression(text)}</a>`),
);
hb.registerPartial(
  'line',
  '{{@place}}. {{name}} x {{count}}{{#if gift}} (gift){{/if}}: {{money price currency=../currency}}\n',
);

const order = hb.compile(`Dear {{customer.name}},
{{#list items}}{{> line}}{{else}}nothing{{/list}}
{{#each totals}}{{@key}}={{this}}{{#unless @last}}, {{/unless}}{{/each}}
{{#with customer}}{{lookup ../names level}} {{link "you & we" "https://example.com/?a=1&b=2"}} {{{raw}}} {{raw}}{{/with}}
{{~! gone ~}}
  tail {{#> layout}}block{{/layout}}`);
hb.registerPartial('layout', '[{{> @partial-block}}]');

const data = {
  customer: { name: 'Ada <A5>', level: 1, raw: '<b>' },
  currency: 'USD',
  names: ['new', 'gold'],
  items: [
    { name: 'Tea', count: 2, price: 450 },
    { name: 'Cup', count: 1, price: 1_000, gift: true },
  ],
  totals: { net: 19, tax: 3.61 },
};

const failure = (run) => {
  try {
    return run();
  } catch (error) {
    return error.message;
  }
};

export const handler = () => ({
  text: order(data),
  empty: order({ items: [] }),
  strict: failure(() => hb.compile('{{missing.name}}', { strict: true })({})),
  syntax: failure(() => hb.compile('{{#if}}')({})),
  tree: hb.parse('a {{b.c}}').body.map(({ type }) => type),
  precompiled: typeof hb.precompile('{{a}}'),
  prototype: hb.compile('{{constructor.name}}')(data),
});

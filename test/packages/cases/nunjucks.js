/** Templates with inheritance, macros, filters and loops, compiled where they run; async filters; escapes. */
import nunjucks from 'nunjucks';

const files = {
  'base.html': '<title>{% block title %}Shop{% endblock %}</title>{% block body %}{% endblock %}',
  'page.html': `{% extends "base.html" %}{% from "macros.html" import row %}{% block title %}{{ super() }}: {{ name }}{% endblock %}
{%- block body %}{% for item in items %}{{ row(item, loop.index) }}{% else %}nothing{% endfor %}{% include "foot.html" %}{% endblock %}`,
  'macros.html':
    '{% macro row(item, n=0) %}<li>{{ n }}. {{ item.name | upper }} {{ item.price | money("EUR") }}</li>{% endmacro %}',
  'foot.html': '<p>{{ items | length }} {{ "x" if items | length > 5 else "few" }} {{ raw | safe }} {{ raw }}</p>',
};
const Loader = nunjucks.Loader.extend({
  getSource: (name) => ({ src: files[name], path: name, noCache: false }),
});

export const handler = async () => {
  const env = new nunjucks.Environment(new Loader(), { autoescape: true, trimBlocks: true });
  env.addFilter('money', (value, currency) => `${value.toFixed(2)} ${currency}`);
  env.addFilter('later', (value, done) => done(null, value * 2), true);
  env.addGlobal('year', 2026);
  const data = {
    name: 'Tea & Co',
    items: [
      { name: 'Tea', price: 4.5 },
      { name: '<Cup>', price: 10 },
    ],
    raw: '<b>',
  };
  return {
    page: env.render('page.html', data),
    empty: env.render('page.html', { items: [] }),
    later: await new Promise((resolve) =>
      env.renderString('{{ 4 | later }} {{ year }}', {}, (error, text) => resolve(error?.message ?? text)),
    ),
    filters: env.renderString(
      '{{ [3,1,2] | sort | join("-") }} {{ "a b" | title }} {{ {a: 1} | dump | safe }} {{ "x" | default("y") }} {{ 1.678 | round(1) }} {{ items | groupby("name") | length }} {% set a = 7 // 2 %}{{ a ** 2 }} {{ "é" | urlencode }}',
      data,
    ),
    loops: env.renderString(
      '{% for k, v in m %}{{ k }}={{ v }}{% if not loop.last %},{% endif %}{% endfor %}{% raw %}{{ x }}{% endraw %}{# gone #}',
      { m: { a: 1, b: 2 } },
    ),
    missing: [
      await Promise.resolve()
        .then(() => env.renderString('{{ a.b.c }}'))
        .catch(({ message }) => message),
      await Promise.resolve()
        .then(() => env.renderString('{% if %}'))
        .catch(({ message }) => message),
    ],
    precompiled: typeof nunjucks.precompileString('{{ a }}', { name: 'a' }),
  };
};

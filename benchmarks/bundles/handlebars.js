import Handlebars from 'handlebars';

Handlebars.registerHelper('upper', (text) => String(text).toUpperCase());
const page = Handlebars.compile(
  '<h1>{{upper title}}</h1><ul>{{#each items}}<li>{{name}}: {{price}}</li>{{/each}}</ul>',
);
page({ title: '', items: [] });

export const handler = (event) => page(event);

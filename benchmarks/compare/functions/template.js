import Handlebars from 'handlebars';

const page = Handlebars.compile(
  '<h1>{{title}}</h1><ul>{{#each items}}<li class="{{#if sold}}sold{{/if}}">{{name}}: {{price}}</li>{{/each}}</ul>',
);
// Handlebars compiles at the first call; some runtimes allow code to be made from text only while the module loads.
page({ title: '', items: [{ name: '', price: 0, sold: true }] });

export const handler = (event) => ({ html: page(event) });

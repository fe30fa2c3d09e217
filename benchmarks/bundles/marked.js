import { Marked } from 'marked';

const marked = new Marked({ gfm: true });

export const handler = (event) => marked.parse(event.text);

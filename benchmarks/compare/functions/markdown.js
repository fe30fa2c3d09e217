import { marked } from 'marked';

export const handler = (event) => ({ html: marked.parse(event.text) });

import ivm from 'isolated-vm';

const isolate = new ivm.Isolate({ memoryLimit: 128 });
const context = isolate.createContextSync();
const call = context.evalSync(
  '(() => { const handler = (event) => ({ id: event.id, name: event.name, count: event.items.length }); return (text) => JSON.stringify(handler(JSON.parse(text))); })()',
  { reference: true },
);

export default (event) => JSON.parse(call.applySync(undefined, [JSON.stringify(event)]));

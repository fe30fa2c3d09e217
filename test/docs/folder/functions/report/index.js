export const init = () => undefined;
export const stop = () => undefined;
export const handler = async (event, { bindings }) => {
  const rows = (await bindings?.db?.query?.('select 1')) ?? [];
  return { rows: rows.length, event };
};

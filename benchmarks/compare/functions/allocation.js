/** Many short-lived objects and strings, sorted and grouped. */
export const handler = ({ count }) => {
  const rows = Array.from({ length: count }, (_, at) => ({
    id: at,
    key: `k${(at * 7919) % 1000}`,
    tags: [at % 3, at % 5],
  }));
  const groups = new Map();
  for (const row of rows.map((each) => ({ ...each, label: `${each.key}:${each.tags.join('-')}` }))) {
    const group = groups.get(row.label) ?? [];
    group.push(row.id);
    groups.set(row.label, group);
  }
  const sorted = [...groups.entries()].sort(([a], [b]) => (a < b ? -1 : 1));
  return { groups: sorted.length, first: sorted[0][0] };
};

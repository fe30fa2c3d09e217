/** Bank statements in CSV: headers, types, quotes, other separators, errors, and as a stream. */
import { Readable } from 'node:stream';
import { parse as parseStream } from 'csv-parse';
import { parse } from 'csv-parse/sync';

const TEXT = `\ufeffdate;amount;text
2026-04-07;12,50;"Tea; ""green"""
# comment
2026-04-08;-3;  Cup

2026-04-09;1000;"two
lines"
`;

const failure = (run) => {
  try {
    return run();
  } catch ({ code, message, lines }) {
    return [code, message, lines];
  }
};

export const handler = async () => {
  const streamed = [];
  const parser = Readable.from(['a,b\n1,', '2\n3,4\n']).pipe(parseStream({ columns: true, cast: true }));
  for await (const record of parser) streamed.push(record);
  return {
    records: parse(TEXT, {
      bom: true,
      delimiter: ';',
      columns: true,
      comment: '#',
      trim: true,
      skip_empty_lines: true,
    }),
    cast: parse(TEXT, {
      bom: true,
      delimiter: ';',
      comment: '#',
      from: 2,
      skip_empty_lines: true,
      cast: (value, { column }) => (column === 1 ? Number(value.replace(',', '.')) : value),
    }),
    info: parse('a,b\n1,2\n', { columns: (names) => names.map((name) => name.toUpperCase()), info: true }),
    tabs: parse(Buffer.from('a\tb\nc\td'), { delimiter: '\t', to_line: 1 }),
    relaxed: parse('a,b\n1\n2,3,4', { columns: true, relax_column_count: true }),
    errors: [
      failure(() => parse('a,b\n1', { columns: true })),
      failure(() => parse('a,"b')),
      failure(() => parse('a', { delimiter: 5 })),
    ],
    streamed,
    callback: await new Promise((resolve) =>
      parseStream('x|y', { delimiter: '|' }, (error, rows) => resolve(error ?? rows)),
    ),
  };
};

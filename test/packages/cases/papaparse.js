/** A sensor export in CSV: headers, guessed types, problems, steps, and back to text. */
import Papa from 'papaparse';

const TEXT = 'time,sensor,value\r\n10:00,a,1.5\r\n10:01,"b, c",true\r\n10:02,a\r\n10:03,a,"x ""y"""\r\n';

export const handler = () => {
  const steps = [];
  Papa.parse(TEXT, {
    header: true,
    step: ({ data }, parser) => {
      steps.push(data.time);
      if (steps.length === 2) parser.abort();
    },
  });
  return {
    rows: Papa.parse(TEXT, { header: true, dynamicTyping: true, skipEmptyLines: true }),
    guessed: Papa.parse('a;b\n1;2\n').meta.delimiter,
    transformed: Papa.parse('A,B\n 1 , 2 \n# no\n', {
      header: true,
      comments: '#',
      transformHeader: (name) => name.toLowerCase(),
      transform: (text) => text.trim(),
      skipEmptyLines: 'greedy',
    }).data,
    preview: Papa.parse(TEXT, { preview: 2 }).data,
    quotes: Papa.parse('a,"b').errors,
    steps,
    text: Papa.unparse([{ a: 1, b: 'x,y' }, { a: null, b: '"q"' }, { b: '=cmd()' }], {
      escapeFormulae: true,
      newline: '\n',
    }),
    columns: Papa.unparse(
      {
        fields: ['n', 'd'],
        data: [
          [1, new Date(0)],
          [2, 'é'],
        ],
      },
      { delimiter: '\t', quotes: [false, true] },
    ),
  };
};

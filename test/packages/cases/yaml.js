/** A deployment file: documents with comments, anchors, merge keys, own tags, errors with places, and back to text. */
import { Document, isMap, LineCounter, parse, parseAllDocuments, parseDocument, stringify, visit } from 'yaml';

// The timestamp is tagged: the test runner, which uses the package too, changes what untagged ones become.
const TEXT = `# Services
defaults: &defaults
  image: "node:24"
  ports: [80, 0x1F, 1_000]
web:
  <<: *defaults
  started: !!timestamp 2026-04-07T10:00:00Z
  script: |
    npm ci
    npm start
  note: >-
    folded
    text
  flags: {on: true, off: null, ratio: .5, big: 12345678901234567890}
`;

export const handler = () => {
  const doc = parseDocument(TEXT, { merge: true });
  doc.setIn(['web', 'replicas'], 3);
  doc.get('web').comment = ' changed';
  const keys = [];
  visit(doc, { Pair: (_, { key }) => void keys.push(String(key)) });
  const lineCounter = new LineCounter();
  const broken = parseDocument('a: [1, 2\nb: "x', { lineCounter });
  const made = new Document({ list: ['a', 'yes', '1', 'multi\nline', ''] });
  made.commentBefore = ' made';
  return {
    value: parse(TEXT, { merge: true, customTags: ['timestamp'] }),
    changed: String(doc),
    keys,
    isMap: isMap(doc.contents),
    errors: broken.errors.map(({ code, message, linePos }) => [code, message, linePos]),
    made: String(made),
    all: parseAllDocuments('a: 1\n---\nb: 2\n...\n').map((each) => each.toJS()),
    old: parse('a: yes\nb: 0o17\nc: 1:30', { version: '1.1' }),
    text: stringify(
      { a: { b: [1, { c: 'x: y' }] }, date: new Date(0), u: undefined, s: '# no' },
      { indent: 4, lineWidth: 20 },
    ),
    reviver: parse('a: 1', (_key, value) => (typeof value === 'number' ? value + 1 : value)),
    big: String(parse('12345678901234567890', { intAsBigInt: true })),
  };
};

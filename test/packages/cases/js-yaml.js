/** Settings in YAML: anchors, several documents, block texts, errors with places, and back to text. */
import * as yaml from 'js-yaml';

const TEXT = `base: &base
  host: localhost
  ports: [80, 443]
dev:
  copy: *base
  date: 2026-04-07
  text: |
    two
    lines
  folded: >
    one
    line
  "quoted": 'it''s'
  numbers: [1e3, 0x10, -.5, null, ~, true]
`;

const failure = (text) => {
  try {
    return yaml.load(text);
  } catch (error) {
    return [error.name, error.reason, error.mark?.line, error.mark?.column];
  }
};

export const handler = () => ({
  value: yaml.load(TEXT),
  all: yaml.loadAll('a: 1\n---\n- b\n- c\n'),
  errors: [failure('a: [1'), failure('a: 1\n b: 2'), failure('*nowhere'), failure('a: 1\na: 2')],
  text: yaml.dump(
    { list: [1, 'two', [3]], map: { deep: { er: true } }, text: 'a\nb\n', odd: '- x: #', none: null, empty: [] },
    { indent: 4, lineWidth: 30, sortKeys: true },
  ),
  flow: yaml.dump({ a: [1, { b: 2 }] }, { flowLevel: 1 }),
  round: yaml.load(yaml.dump(yaml.load(TEXT))),
});

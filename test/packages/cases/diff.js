/** Changes of texts: by words, lines and values; patches made, read, applied, refused and turned round. */
import {
  applyPatch,
  createTwoFilesPatch,
  diffArrays,
  diffChars,
  diffJson,
  diffLines,
  diffSentences,
  diffWords,
  formatPatch,
  parsePatch,
  reversePatch,
  structuredPatch,
} from 'diff';

const before = 'one\ntwo\nthree\nfour\nfive\nsix\nseven\n';
const after = 'one\n2\nthree\nfour\nfive\nsix\nseven\neight';

export const handler = () => {
  const patch = createTwoFilesPatch('a.txt', 'b.txt', before, after, 'old', 'new', { context: 1 });
  return {
    patch,
    applied: applyPatch(before, patch) === after,
    shifted: applyPatch(`zero\n${before}`, patch),
    refused: applyPatch('other', patch),
    reversed: applyPatch(after, formatPatch(reversePatch(parsePatch(patch)))) === before,
    parsed: parsePatch(patch),
    structured: structuredPatch('a', 'b', before, after).hunks.length,
    words: diffWords('the quick brown fox', 'the slow brown cat'),
    chars: diffChars('kitten', 'sitting').map(
      ({ value, added, removed }) => `${added ? '+' : removed ? '-' : '='}${value}`,
    ),
    lines: diffLines('a\n b\n', 'a\nb\n', { ignoreWhitespace: true }).length,
    sentences: diffSentences('One. Two.', 'One. Three.').length,
    json: diffJson({ a: 1, b: [1, 2] }, { b: [1, 3], a: 1 }),
    arrays: diffArrays([1, 2, 3], [1, 3, 4]),
  };
};

/** HTML entities, named and numbered, in text and in attributes. */
import * as he from 'he';

export const handler = () => {
  let failure;
  try {
    he.decode('&#xD800;', { strict: true });
  } catch (error) {
    failure = error.message;
  }
  return {
    encoded: [
      he.encode('foo © bar ≠ baz 𝌆 qux <&>'),
      he.encode('é≠', { useNamedReferences: true }),
      he.encode('é', { decimal: true }),
      he.encode('a b', { encodeEverything: true }),
      he.encode('©', { allowUnsafeSymbols: true }),
    ],
    decoded: [
      he.decode('foo &copy; bar &ne; baz &#x1D306; &lt &notin; &noti &#128;'),
      he.decode('foo&ampbar=1', { isAttributeValue: true }),
    ],
    escaped: he.escape(`<img src='x' alt="\`">`),
    failure,
  };
};

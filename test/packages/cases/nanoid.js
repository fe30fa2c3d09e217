/** Short identifiers, from the whole alphabet and from others. */
import { customAlphabet, customRandom, nanoid, urlAlphabet } from 'nanoid';
import { nanoid as insecure } from 'nanoid/non-secure';

export const handler = () => {
  const ids = Array.from({ length: 500 }, () => nanoid());
  const code = customAlphabet('23456789ABCDEFGH', 6);
  let seed = 7;
  const fixed = customRandom('abcdef', 10, (size) =>
    Uint8Array.from({ length: size }, () => (seed = (seed * 73) % 256)),
  );
  return {
    unique: new Set(ids).size,
    shape: ids.every((id) => /^[\w-]{21}$/.test(id)),
    letters: [...new Set(ids.join(''))].length,
    sizes: [nanoid(5).length, insecure(8).length, code().length, code(12).length],
    code: /^[2-9A-H]{6}$/.test(code()),
    fixed: [fixed(), fixed()],
    alphabet: [...urlAlphabet].sort().join(''),
  };
};

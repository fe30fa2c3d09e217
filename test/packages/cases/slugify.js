/** Addresses of pages from titles in several languages. */
import slugify from 'slugify';

export const handler = () => {
  const before = slugify('I ♥ Dogs & 100% Cats');
  slugify.extend({ '☢': 'radioactive' });
  return [
    before,
    slugify('Déjà Vu! Ünïcode — straße', { lower: true, strict: true }),
    slugify('Привет мир', '_'),
    slugify('Ä Ö Ü', { locale: 'de', lower: true }),
    slugify('a ☢ b'),
    slugify('some (text) [here] *x*', { remove: /[*()[\]]/g, replacement: '.' }),
    slugify('  trimmed  ', { trim: false }),
  ];
};

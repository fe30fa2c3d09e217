/** Form fields: addresses, numbers, cards, dates, tokens, and what is cleaned of them. */
import validator from 'validator';

export const handler = () => ({
  email: ['ada@example.com', 'a@b', '"odd"@example.com', 'ü@example.com', 'x@[127.0.0.1]'].map((text) =>
    validator.isEmail(text),
  ),
  normal: validator.normalizeEmail('Ada.Love+x@GoogleMail.com'),
  url: [
    validator.isURL('https://example.com/a?b#c'),
    validator.isURL('javascript:alert(1)'),
    validator.isURL('//x.example.com', { allow_protocol_relative_urls: true }),
    validator.isFQDN('a.example.com'),
  ],
  addresses: [
    validator.isIP('::ffff:1.2.3.4', 6),
    validator.isIPRange('10.0.0.0/8'),
    validator.isMACAddress('01:02:03:04:05:ab'),
    validator.isPort('65536'),
  ],
  money: [
    validator.isCreditCard('4242 4242 4242 4242'),
    validator.isIBAN('DE89 3704 0044 0532 0130 00'),
    validator.isCurrency('-€1,234.50', { symbol: '€' }),
    validator.isBIC('DEUTDEFF'),
  ],
  codes: [
    validator.isUUID('a9d6e9a2-7f1c-4b39-9c0e-6f3f3f0b2d11', 4),
    validator.isISBN('978-3-16-148410-0'),
    validator.isJWT('a.b.c'),
    validator.isMongoId('507f1f77bcf86cd799439011'),
    validator.isHash('d41d8cd98f00b204e9800998ecf8427e', 'md5'),
    validator.isSemVer('1.2.3-a'),
  ],
  places: [
    validator.isMobilePhone('+49 170 1234567'.replaceAll(' ', ''), 'de-DE'),
    validator.isPostalCode('75001', 'FR'),
    validator.isLatLong('48.1,11.5'),
    validator.isISO31661Alpha2('DE'),
  ],
  numbers: [
    validator.isInt('12', { min: 13 }),
    validator.isFloat('1,5', { locale: 'de-DE' }),
    validator.isDecimal('.5'),
    validator.toInt('0x1f', 16),
    validator.isNumeric('+1'),
  ],
  dates: [
    validator.isISO8601('2026-02-30', { strict: true }),
    validator.isRFC3339('2026-04-07T10:00:00Z'),
    validator.isDate('07/04/2026', { format: 'DD/MM/YYYY' }),
    validator.isAfter('2026-04-07', '2026-01-01'),
  ],
  texts: [
    validator.isAlpha('größe', 'de-DE'),
    validator.isLength('𝒳𝒴', { max: 2 }),
    validator.isJSON('{"a":1}'),
    validator.isBase64('aGVsbG8='),
    validator.isStrongPassword('aB3$efgh'),
    validator.isSlug('a-b'),
  ],
  cleaned: [
    validator.escape('<a href="x">'),
    validator.unescape('&lt;&amp;'),
    validator.stripLow('a\u0000b'),
    validator.whitelist('a1b2', 'a-z'),
    validator.trim('--x--', '-'),
  ],
});

import { compare } from './compare.ts';

const addresses = [
  'http://user:pa%20ss@Example.com:8080/p/a/t/h?query=string&a=1&a=2#hash',
  '//host/path',
  '/just/a/path?x',
  'mailto:a@b.c',
  'javascript:alert(1)',
  'http://[::1]:80/',
  'HTTP://x.y/ z',
  'file:///etc/x',
  'x',
  '',
  'http://münchen.de/ä',
  'a:b:c',
];

compare(
  'url',
  "import url, { parse, format, resolve, fileURLToPath, pathToFileURL, URL as U, URLSearchParams, domainToASCII, domainToUnicode, urlToHttpOptions } from 'node:url';",
  {
    parse: `return ${JSON.stringify(addresses)}.map((a) => ({ ...parse(a) }));`,
    'parse with the query': `return ${JSON.stringify(addresses)}.map((a) => { const p = parse(a, true, true); return [{ ...p.query }, p.host]; });`,
    format: `return [format({ protocol: 'http', host: 'a.b', pathname: 'x', query: { q: 1 } }), format(new URL('http://ü.de/x?y#z'), { fragment: false, unicode: true, search: false }), format(parse('http://a.b/c?d'))];`,
    resolve: `return [['/one/two/three', 'four'], ['http://example.com/', '/one'], ['http://example.com/one', '/two'], ['http://a.b/c/d?e', '../f'], ['http://a.b/', '//x.y/z']].map(([a, b]) => resolve(a, b));`,
    paths: `return [fileURLToPath('file:///a/b%20c'), fileURLToPath(new URL('file:///x')), pathToFileURL('/a b/c?#%d/').href, fileURLToPath('file:///C:/x', { windows: true }), pathToFileURL('C:\\\\a', { windows: true }).href];`,
    web: `return [new U('a', 'http://b/c').href, [...new URLSearchParams('a=1&b=2')], U === URL, url.URL === URL, domainToASCII('español.com'), domainToUnicode('xn--espaol-zwa.com')];`,
    options: `return { ...urlToHttpOptions(new URL('https://a:b@c.d:99/e?f#g')), __proto__: undefined };`,
    'no file': `fileURLToPath('http://x');`,
    'a host': `fileURLToPath('file://host/x');`,
    'an encoded slash': `fileURLToPath('file:///a%2fb');`,
    'no text': `fileURLToPath(1);`,
    'parse no text': `parse(1);`,
  },
);

compare('querystring', "import qs, { parse, stringify, escape, unescape } from 'node:querystring';", {
  parse: `return ['a=1&b=2&a=3', 'a', '=x', 'a=%zz', 'a+b=c+d', 'é=%C3%A9', '&&a=1&', 'a==b'].map((q) => ({ ...parse(q) }));`,
  'with separators': `return [{ ...parse('a:1;b:2', ';', ':') }, { ...parse('a=1&b=2&c=3', null, null, { maxKeys: 2 }) }];`,
  stringify: `return [stringify({ a: [1, 2], b: 'x y', c: true, d: null, e: undefined, f: 'é&' }), stringify({ a: 1, b: 2 }, ';', ':'), escape('a b&c'), unescape('a%20b'), qs.encode === qs.stringify];`,
});

compare('punycode', "import punycode from 'node:punycode';", {
  all: `return [punycode.encode('mañana'), punycode.decode('maana-pta'), punycode.toASCII('mañana.com'), punycode.toUnicode('xn--maana-pta.com'), punycode.ucs2.decode('a😀'), punycode.ucs2.encode([97, 128512])];`,
  bad: `punycode.decode('\\x80');`,
});

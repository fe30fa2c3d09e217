/** `crypto` (Web Cryptography standard); the published vectors are of the RFCs and FIPS documents named. */
import { compare } from './compare.ts';

const setup = `
  const { subtle } = crypto;
  const told = (promise) => promise.then((value) => ['fulfilled', value], (reason) => ['rejected', reason.name, reason.constructor.name]);
  const bytes = (text) => new TextEncoder().encode(text);
  const text = (buffer) => new TextDecoder().decode(buffer);
  const hex = (buffer) => new Uint8Array(buffer).toHex?.() ?? Array.from(new Uint8Array(buffer), (byte) => byte.toString(16).padStart(2, '0')).join('');
  const unhex = (digits) => new Uint8Array(digits.match(/../g).map((pair) => parseInt(pair, 16)));
  const iota = (length) => Uint8Array.from({ length }, (_, at) => at);
  const show = (key) => [key.type, key.extractable, key.algorithm, key.usages];
  const data = bytes('the data');`;

const pairs = {
  'RSASSA-PKCS1-v1_5': [
    "{ name: 'RSASSA-PKCS1-v1_5', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }",
    "'RSASSA-PKCS1-v1_5'",
  ],
  'RSA-PSS': [
    "{ name: 'RSA-PSS', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' }",
    "{ name: 'RSA-PSS', saltLength: 32 }",
  ],
  ECDSA: ["{ name: 'ECDSA', namedCurve: 'P-256' }", "{ name: 'ECDSA', hash: 'SHA-256' }"],
  Ed25519: ["'Ed25519'", "'Ed25519'"],
} as const;

compare({
  'digests are those of FIPS 180-4': {
    setup,
    rows: [
      ...['SHA-1', 'SHA-256', 'SHA-384', 'SHA-512'].flatMap((name) => [
        `subtle.digest('${name}', bytes('abc')).then(hex)`,
        `subtle.digest({ name: '${name.toLowerCase()}' }, new ArrayBuffer(0)).then(hex)`,
      ]),
      "subtle.digest('SHA-256', new Uint8Array([1, 2, 3, 4]).subarray(1, 3)).then(hex)",
      "subtle.digest('SHA-256', new DataView(new ArrayBuffer(3))).then(hex)",
      "told(subtle.digest('MD5', data))",
      "told(subtle.digest('', data))",
      'told(subtle.digest({}, data))',
      "told(subtle.digest('SHA-256', 'text'))",
      "told(subtle.digest('SHA-256'))",
      "(async () => { const mine = bytes('abc'); const digest = subtle.digest('SHA-256', mine); mine[0] = 0; return hex(await digest); })()",
    ],
    // FIPS 180-4's example.
    standard: {
      "subtle.digest('SHA-256', bytes('ab' + 'c')).then(hex)":
        'ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad',
    },
  },
  'HMAC signs and verifies': {
    setup: `${setup}
      const key = (usages = ['sign', 'verify'], more = {}) => subtle.importKey('raw', bytes('Jefe'), { name: 'HMAC', hash: 'SHA-256', ...more }, true, usages);`,
    rows: [
      'key().then(show)',
      "key().then((k) => subtle.sign('HMAC', k, data)).then(hex)",
      "key(['sign', 'verify'], { hash: 'SHA-512' }).then((k) => subtle.sign('HMAC', k, data)).then(hex)",
      "(async (k) => { const s = await subtle.sign('HMAC', k, data); return [await subtle.verify('HMAC', k, s, data), await subtle.verify('HMAC', k, s, bytes('x')), await subtle.verify('HMAC', k, s.slice(1), data)]; })(await key())",
      "told(key(['sign']).then((k) => subtle.verify('HMAC', k, data, data)))",
      "told(key(['encrypt']))",
      'told(key([]))',
      "told(key().then((k) => subtle.sign('ECDSA', k, data)))",
      "told(key().then((k) => subtle.sign('HMAC', {}, data)))",
      "key().then((k) => subtle.exportKey('raw', k)).then(text)",
      "key().then((k) => subtle.exportKey('jwk', k))",
      "subtle.importKey('jwk', { kty: 'oct', k: 'SmVmZQ', alg: 'HS256' }, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']).then(show)",
      "subtle.importKey('jwk', { kty: 'oct', k: 'SmVmZQ', ext: false }, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']).then(show)",
      "told(subtle.importKey('jwk', { kty: 'oct', k: 'SmVmZQ', ext: false }, { name: 'HMAC', hash: 'SHA-256' }, true, ['sign']))",
      "told(subtle.importKey('jwk', { kty: 'oct', k: 'SmVmZQ', alg: 'HS512' }, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']))",
      "told(subtle.importKey('jwk', { kty: 'RSA' }, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']))",
      "told(subtle.importKey('raw', new Uint8Array(0), { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']))",
      "told(subtle.importKey('nope', data, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign']))",
      "subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']).then(show)",
      "told(subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, []))",
      "told(subtle.generateKey({ name: 'HMAC', hash: 'SHA-256' }, false, ['sign']).then((k) => subtle.exportKey('raw', k)))",
    ],
    standard: {
      // RFC 4231, test case 2.
      "key().then((k) => subtle.sign('HMAC', k, bytes('what do ya want for nothing?'))).then(hex)":
        '5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843',
    },
  },
  'AES encrypts and decrypts in every mode': {
    setup: `${setup}
      const key = (name, length = 16, usages = ['encrypt', 'decrypt']) => subtle.importKey('raw', iota(length), name, true, usages);
      const parameters = {
        'AES-GCM': { name: 'AES-GCM', iv: iota(12) },
        'AES-CBC': { name: 'AES-CBC', iv: iota(16) },
        'AES-CTR': { name: 'AES-CTR', counter: iota(16), length: 64 },
      };
      const encrypt = async (name, more, length, given = data) => subtle.encrypt({ ...parameters[name], ...more }, await key(name, length), given);
      const trip = async (name, more, change = (sealed) => sealed, other = more) => {
        const sealed = change(new Uint8Array(await encrypt(name, more)));
        return told(subtle.decrypt({ ...parameters[name], ...other }, await key(name), sealed).then(text));
      };`,
    rows: [
      ...['AES-GCM', 'AES-CBC', 'AES-CTR'].flatMap((name) => [
        `encrypt('${name}').then(hex)`,
        `encrypt('${name}', {}, 32).then(hex)`,
        `encrypt('${name}', {}, 24).then(hex)`,
        `encrypt('${name}', {}, 16, new Uint8Array(0)).then(hex)`,
        `trip('${name}')`,
        `key('${name}').then(show)`,
        `told(key('${name}', 15))`,
        `told(key('${name}', 16, ['sign']))`,
        `key('${name}', 32).then((k) => subtle.exportKey('jwk', k))`,
        `subtle.generateKey({ name: '${name}', length: 256 }, true, ['encrypt', 'decrypt']).then(show)`,
        `told(subtle.generateKey({ name: '${name}', length: 100 }, true, ['encrypt']))`,
        `told(key('${name}', 16, ['decrypt']).then((k) => subtle.encrypt(parameters['${name}'], k, data)))`,
      ]),
      "trip('AES-GCM', { additionalData: bytes('more') })",
      "trip('AES-GCM', { additionalData: bytes('more') }, undefined, {})",
      "trip('AES-GCM', { tagLength: 96 })",
      "told(encrypt('AES-GCM', { tagLength: 33 }))",
      "trip('AES-GCM', {}, (sealed) => sealed.with(0, sealed[0] ^ 1))",
      "trip('AES-GCM', {}, (sealed) => sealed.subarray(0, 5))",
      "trip('AES-CBC', {}, (sealed) => sealed.subarray(1))",
      "told(encrypt('AES-CBC', { iv: iota(15) }))",
      "told(encrypt('AES-CTR', { counter: iota(15) }))",
      "told(encrypt('AES-CTR', { length: 0 }))",
      "told(subtle.encrypt({ name: 'AES-GCM' }, await key('AES-GCM'), data))",
      "told(subtle.encrypt(parameters['AES-CBC'], await key('AES-GCM'), data))",
    ],
  },
  'RSA, ECDSA and Ed25519 sign, and only the pair verifies': {
    setup: `${setup}
      const check = async (generate, use) => {
        const { privateKey, publicKey } = await subtle.generateKey(generate, false, ['sign', 'verify']);
        const signature = await subtle.sign(use, privateKey, data);
        const { publicExponent, ...algorithm } = privateKey.algorithm;
        return [
          privateKey.type, privateKey.extractable, privateKey.usages, publicKey.type, publicKey.extractable, publicKey.usages,
          algorithm, publicExponent, signature.byteLength,
          await subtle.verify(use, publicKey, signature, data),
          await subtle.verify(use, publicKey, signature, bytes('other')),
          await told(subtle.verify(use, privateKey, signature, data)),
          await told(subtle.sign(use, publicKey, data)),
          await told(subtle.exportKey('pkcs8', privateKey)),
          (await subtle.exportKey('jwk', publicKey)).kty,
        ];
      };
      const carry = async (generate, use, format, half) => {
        const usage = half === 'publicKey' ? 'verify' : 'sign';
        const pair = await subtle.generateKey(generate, true, ['sign', 'verify']);
        const exported = await subtle.exportKey(format, pair[half]);
        const key = await subtle.importKey(format, exported, generate, true, [usage]);
        const signature = await subtle.sign(use, half === 'publicKey' ? pair.privateKey : key, data);
        return [key.type, key.usages, Object.keys(exported).sort().join(), await subtle.verify(use, half === 'publicKey' ? key : pair.publicKey, signature, data)];
      };`,
    rows: [
      ...Object.values(pairs).flatMap(([generate, use]) => [
        `check(${generate}, ${use})`,
        `carry(${generate}, ${use}, 'jwk', 'publicKey')`,
        `carry(${generate}, ${use}, 'jwk', 'privateKey')`,
        `carry(${generate}, ${use}, 'spki', 'publicKey')`,
        `carry(${generate}, ${use}, 'pkcs8', 'privateKey')`,
        `told(subtle.generateKey(${generate}, true, []))`,
        `told(subtle.generateKey(${generate}, true, ['encrypt']))`,
        `told(subtle.importKey('spki', data, ${generate}, true, ['verify']))`,
      ]),
      `carry(${pairs.ECDSA[0]}, ${pairs.ECDSA[1]}, 'raw', 'publicKey')`,
      `carry(${pairs.Ed25519[0]}, ${pairs.Ed25519[1]}, 'raw', 'publicKey')`,
      ...['P-384', 'P-521'].map(
        (curve) => `check({ name: 'ECDSA', namedCurve: '${curve}' }, { name: 'ECDSA', hash: 'SHA-512' })`,
      ),
      "told(subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-1' }, true, ['sign']))",
      "told(subtle.generateKey({ name: 'nope' }, true, ['sign']))",
      "told(subtle.generateKey('HMAC'))",
    ],
    standard: {
      // RFC 8032, 7.1, test 1.
      "subtle.importKey('raw', unhex('d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a'), 'Ed25519', false, ['verify']).then((k) => subtle.verify('Ed25519', k, unhex('e5564300c360ac729086e2cc806e828a84877f1eb8e5d974d873e065224901555fb8821590a33bacc61e39701cf9b46bd25bf5f0595bbe24655141438e7a100b'), new Uint8Array(0)))": true,
    },
  },
  'RSA-OAEP encrypts for its pair': {
    setup: `${setup}
      const generate = { name: 'RSA-OAEP', modulusLength: 1024, publicExponent: new Uint8Array([1, 0, 1]), hash: 'SHA-256' };
      const pair = await subtle.generateKey(generate, true, ['encrypt', 'decrypt', 'wrapKey', 'unwrapKey']);
      const aes = await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']);
      const seal = (more) => subtle.encrypt({ name: 'RSA-OAEP', ...more }, pair.publicKey, data);`,
    rows: [
      "seal().then((sealed) => subtle.decrypt('RSA-OAEP', pair.privateKey, sealed)).then(text)",
      "seal({ label: bytes('l') }).then((sealed) => subtle.decrypt({ name: 'RSA-OAEP', label: bytes('l') }, pair.privateKey, sealed)).then(text)",
      "told(seal({ label: bytes('l') }).then((sealed) => subtle.decrypt('RSA-OAEP', pair.privateKey, sealed)))",
      "told(subtle.encrypt('RSA-OAEP', pair.publicKey, new Uint8Array(500)))",
      "told(subtle.encrypt('RSA-OAEP', pair.privateKey, data))",
      '[pair.publicKey.usages, pair.privateKey.usages]',
      "subtle.wrapKey('raw', aes, pair.publicKey, 'RSA-OAEP').then((wrapped) => subtle.unwrapKey('raw', wrapped, pair.privateKey, 'RSA-OAEP', 'AES-GCM', false, ['encrypt'])).then(show)",
    ],
  },
  'keys are wrapped and unwrapped': {
    setup: `${setup}
      const kw = await subtle.importKey('raw', iota(16), 'AES-KW', true, ['wrapKey', 'unwrapKey']);
      const gcm = await subtle.importKey('raw', iota(16), 'AES-GCM', true, ['wrapKey', 'unwrapKey']);
      const secret = await subtle.importKey('raw', iota(32), 'AES-CBC', true, ['encrypt']);
      const fixed = await subtle.importKey('raw', iota(32), 'AES-CBC', false, ['encrypt']);
      const iv = { name: 'AES-GCM', iv: iota(12) };
      const sealing = await subtle.importKey('raw', iota(16), 'AES-GCM', true, ['encrypt']);
      const wrapJson = (value) => subtle.encrypt(iv, sealing, bytes(JSON.stringify(value)));`,
    rows: [
      "wrapJson({ kty: 'oct', k: 'AAECAwQFBgcICQoLDA0ODw', ext: false }).then((wrapped) => subtle.unwrapKey('jwk', wrapped, gcm, iv, 'AES-CBC', false, ['encrypt'])).then(show)",
      "wrapJson({ kty: 'oct', k: 'AAECAwQFBgcICQoLDA0ODw', ext: false }).then((wrapped) => told(subtle.unwrapKey('jwk', wrapped, gcm, iv, 'AES-CBC', true, ['encrypt'])))",
      "wrapJson('junk').then((wrapped) => told(subtle.unwrapKey('jwk', wrapped, gcm, iv, 'AES-CBC', false, ['encrypt'])))",
      "subtle.wrapKey('raw', secret, kw, 'AES-KW').then(hex)",
      "subtle.wrapKey('raw', secret, kw, 'AES-KW').then((wrapped) => subtle.unwrapKey('raw', wrapped, kw, 'AES-KW', 'AES-CBC', true, ['encrypt'])).then((k) => subtle.exportKey('raw', k)).then(hex)",
      "subtle.wrapKey('jwk', secret, gcm, iv).then((wrapped) => subtle.unwrapKey('jwk', wrapped, gcm, iv, 'AES-CBC', true, ['encrypt'])).then(show)",
      "subtle.wrapKey('raw', secret, kw, 'AES-KW').then((wrapped) => subtle.unwrapKey('raw', wrapped, kw, 'AES-KW', 'AES-CBC', false, ['decrypt'])).then(show)",
      "told(subtle.wrapKey('raw', fixed, kw, 'AES-KW'))",
      "told(subtle.wrapKey('raw', secret, secret, 'AES-KW'))",
      "told(subtle.unwrapKey('raw', new Uint8Array(40), kw, 'AES-KW', 'AES-CBC', true, ['encrypt']))",
      "told(subtle.exportKey('raw', fixed))",
      "told(subtle.exportKey('spki', secret))",
    ],
  },
  'bits and keys are derived': {
    setup: `${setup}
      const from = (name, usages = ['deriveBits', 'deriveKey'], extractable = false) => subtle.importKey('raw', bytes('password'), name, extractable, usages);
      const pbkdf2 = { name: 'PBKDF2', salt: bytes('salt'), iterations: 1000, hash: 'SHA-256' };
      const hkdf = { name: 'HKDF', salt: bytes('salt'), info: bytes('info'), hash: 'SHA-256' };
      const agree = async (algorithm, length) => {
        const one = await subtle.generateKey(algorithm, false, ['deriveBits']);
        const two = await subtle.generateKey(algorithm, false, ['deriveBits']);
        const name = one.privateKey.algorithm.name;
        const a = await subtle.deriveBits({ name, public: two.publicKey }, one.privateKey, length);
        const b = await subtle.deriveBits({ name, public: one.publicKey }, two.privateKey, length);
        return [a.byteLength, hex(a) === hex(b), one.publicKey.usages, one.privateKey.usages];
      };`,
    rows: [
      "from('PBKDF2').then((k) => subtle.deriveBits(pbkdf2, k, 256)).then(hex)",
      "from('PBKDF2').then((k) => subtle.deriveBits({ ...pbkdf2, hash: 'SHA-512' }, k, 64)).then(hex)",
      "told(from('PBKDF2').then((k) => subtle.deriveBits(pbkdf2, k, 7)))",
      "told(from('PBKDF2').then((k) => subtle.deriveBits(pbkdf2, k, null)))",
      "told(from('PBKDF2').then((k) => subtle.deriveBits({ ...pbkdf2, iterations: 0 }, k, 64)))",
      "told(from('PBKDF2', ['deriveKey']).then((k) => subtle.deriveBits(pbkdf2, k, 64)))",
      "told(from('PBKDF2', ['deriveBits'], true))",
      "told(from('PBKDF2', ['sign']))",
      "from('PBKDF2').then(show)",
      "from('PBKDF2').then((k) => subtle.deriveKey(pbkdf2, k, { name: 'AES-GCM', length: 256 }, true, ['encrypt'])).then((k) => Promise.all([show(k), subtle.exportKey('raw', k)]))",
      "from('PBKDF2').then((k) => subtle.deriveKey(pbkdf2, k, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign'])).then(show)",
      "from('HKDF').then((k) => subtle.deriveBits(hkdf, k, 256)).then(hex)",
      "told(from('HKDF').then((k) => subtle.deriveBits({ ...hkdf, info: undefined }, k, 256)))",
      "told(from('HKDF').then((k) => subtle.deriveBits(hkdf, k, 256 * 8 * 32)))",
      "told(from('HKDF').then((k) => subtle.deriveBits(pbkdf2, k, 256)))",
      "from('HKDF').then((k) => subtle.deriveKey(hkdf, k, { name: 'AES-CBC', length: 128 }, true, ['encrypt'])).then((k) => subtle.exportKey('raw', k))",
      "agree({ name: 'ECDH', namedCurve: 'P-256' }, 256)",
      "agree({ name: 'ECDH', namedCurve: 'P-384' }, null)",
      "agree({ name: 'ECDH', namedCurve: 'P-521' }, 528)",
      "agree('X25519', 256)",
      "told(agree({ name: 'ECDH', namedCurve: 'P-256' }, 264))",
    ],
    standard: {
      // RFC 5869, A.1.
      "subtle.importKey('raw', new Uint8Array(22).fill(0x0b), 'HKDF', false, ['deriveBits']).then((k) => subtle.deriveBits({ name: 'HKDF', hash: 'SHA-256', salt: iota(13), info: unhex('f0f1f2f3f4f5f6f7f8f9') }, k, 336)).then(hex)":
        '3cb25f25faacd57a90434f64d0362f2a2d2d0a90cf1a5a4c5db02d56ecc4c5bf34007208d5b887185865',
    },
  },
  'random values fill integer arrays within limits': {
    setup: 'const same = (array) => crypto.getRandomValues(array) === array;',
    rows: [
      ...['Int8', 'Uint8', 'Uint8Clamped', 'Int16', 'Uint16', 'Int32', 'Uint32', 'BigInt64', 'BigUint64'].map(
        (name) => `same(new ${name}Array(4))`,
      ),
      ...['new Float32Array(1)', 'new Float64Array(1)', 'new DataView(new ArrayBuffer(1))', ''].map(
        (given) => `crypto.getRandomValues(${given})`,
      ),
      'crypto.getRandomValues(new Uint8Array(65536)).length',
      'crypto.getRandomValues(new Uint8Array(65537))',
      'crypto.getRandomValues(new Uint16Array(32769))',
      'crypto.getRandomValues(new Uint8Array(0)).length',
      'new Set(crypto.getRandomValues(new Uint8Array(65536))).size',
      '((a) => [a[0], a[9]])((() => { const a = new Uint8Array(10); crypto.getRandomValues(a.subarray(1, 9)); return a; })())',
      '/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/.test(crypto.randomUUID())',
      'new Set(Array.from({ length: 100 }, () => crypto.randomUUID())).size',
      '(() => { try { crypto.getRandomValues(new Uint8Array(65537)); } catch (error) { return [error instanceof DOMException, error.code]; } })()',
    ],
    // No views at all: Web IDL's TypeErrors; Node.js tells a TypeMismatchError of these too.
    standard: Object.fromEntries(
      ['new ArrayBuffer(1)', '[]', 'null', "'x'", '5'].map((given) => [
        `crypto.getRandomValues(${given})`,
        { threw: { error: 'TypeError', class: 'TypeError' } },
      ]),
    ),
  },
  'the classes of crypto cannot be made, only used': {
    setup,
    rows: [
      'new CryptoKey()',
      'new Crypto()',
      'new SubtleCrypto()',
      'crypto instanceof Crypto',
      'crypto.subtle instanceof SubtleCrypto',
      'crypto.subtle === crypto.subtle',
      'Object.prototype.toString.call(crypto)',
      'Object.prototype.toString.call(crypto.subtle)',
      "Object.prototype.toString.call(await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']))",
    ],
    standard: {
      "(await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt'])) instanceof CryptoKey": true,
      // The same objects each time, which a caller may compare.
      "((key) => [key.usages === key.usages, key.algorithm === key.algorithm])(await subtle.generateKey({ name: 'AES-GCM', length: 128 }, true, ['encrypt']))":
        [true, true],
    },
  },
});

import { generateKeyPairSync } from 'node:crypto';
import { readFileSync } from 'node:fs';
import t from 'tap';
import { compare, inGuest } from './compare.ts';

const pair = (type: 'rsa' | 'ec' | 'ed25519', options: object = {}): { publicKey: string; privateKey: string } =>
  generateKeyPairSync(type as 'rsa', {
    modulusLength: 2_048,
    ...options,
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
const rsa = pair('rsa');
const ec = pair('ec', { namedCurve: 'P-256' });
const ed = pair('ed25519');
const text = JSON.stringify;
const keys = `const rsa = ${text(rsa)}, ec = ${text(ec)}, ed = ${text(ed)};`;

compare(
  'hashes',
  "import crypto, { createHash, createHmac, hash } from 'node:crypto'; import { pipeline } from 'node:stream/promises'; import { Readable } from 'node:stream';",
  {
    hash: `return ['md5', 'sha1', 'sha256', 'sha512', 'sha3-256'].map((name) => createHash(name).update('a').update(Buffer.from([0, 255])).digest('hex'));`,
    encodings: `return [createHash('sha256').update('61', 'hex').digest('base64'), createHash('sha256').update('é', 'latin1').digest('base64url'), createHash('sha256').digest().length];`,
    'output length': `return createHash('shake256', { outputLength: 5 }).update('x').digest('hex');`,
    copy: `const a = createHash('sha256').update('a'); const b = a.copy(); a.update('b'); return [a.digest('hex'), b.digest('hex')];`,
    'in one go': `return [hash('sha1', 'abc'), hash('sha1', Buffer.from('abc'), 'base64'), hash('sha1', 'abc', 'buffer').length];`,
    hmac: `return [createHmac('sha256', 'key').update('data').digest('hex'), createHmac('sha1', Buffer.from([1, 2])).update('x').digest('base64')];`,
    stream: `const h = createHash('sha256'); await pipeline(Readable.from([Buffer.from('a'), Buffer.from('b')]), h); return h.read().toString('hex');`,
    'digest twice': `const h = createHash('md5'); h.digest(); h.digest();`,
    'update after': `const h = createHash('md5'); h.digest(); h.update('x');`,
    'bad data': `createHash('md5').update(5);`,
    'bad name type': `createHash(5);`,
    'bad key': `createHmac('sha256', null);`,
  },
);

t.test('an unknown hash is refused when it is made', async (t) => {
  const source = "import { createHash } from 'node:crypto'; export const handler = () => { createHash('nope'); };";
  t.match(await inGuest(source).catch((error: unknown) => error), { message: /Digest method not supported/ });
});

compare('random numbers', "import crypto from 'node:crypto'; import util from 'node:util';", {
  bytes: `return [crypto.randomBytes(16).length, Buffer.isBuffer(crypto.randomBytes(4)), (await util.promisify(crypto.randomBytes)(5)).length, crypto.randomBytes(100000).length, crypto.randomBytes(8).equals(crypto.randomBytes(8))];`,
  int: `let ok = true; for (let n = 0; n < 200; n++) { const v = crypto.randomInt(3, 7); ok &&= v >= 3 && v < 7; } return [ok, crypto.randomInt(1), await new Promise((r) => crypto.randomInt(1, 2, (e, v) => r([e, v])))];`,
  fill: `const v = new Uint32Array(4); crypto.randomFillSync(v, 1, 2); return [v[0], v[1] !== 0 || v[2] !== 0, v[3]];`,
  uuid: `return [/^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab]/.test(crypto.randomUUID()), crypto.getRandomValues(new Uint8Array(4)).length, typeof crypto.webcrypto.subtle.digest];`,
  equal: `return [crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('a')), crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('b'))];`,
  'unequal lengths': `crypto.timingSafeEqual(Buffer.from('a'), Buffer.from('ab'));`,
  'not bytes': `crypto.timingSafeEqual('a', Buffer.from('ab'));`,
  'bad size': `crypto.randomBytes(-1);`,
  'bad type': `crypto.randomBytes('x');`,
  'bad range': `crypto.randomInt(5, 5);`,
});

compare('key derivation', "import crypto from 'node:crypto'; import { promisify } from 'node:util';", {
  pbkdf2: `return [crypto.pbkdf2Sync('pw', 'salt', 1000, 32, 'sha256').toString('hex'), (await promisify(crypto.pbkdf2)('pw', Buffer.from('salt'), 10, 20, 'sha1')).toString('hex')];`,
  scrypt: `return [crypto.scryptSync('pw', 'salt', 32).toString('hex'), crypto.scryptSync('pw', 'salt', 16, { N: 1024, r: 4, p: 2 }).toString('hex'), (await promisify(crypto.scrypt)('pw', 'salt', 8)).toString('hex'), (await promisify(crypto.scrypt)('pw', 'salt', 8, { cost: 1024 })).toString('hex')];`,
  hkdf: `return [Buffer.from(crypto.hkdfSync('sha256', 'key', 'salt', 'info', 42)).toString('hex'), Buffer.from(await promisify(crypto.hkdf)('sha512', 'key', 'salt', 'info', 10)).toString('hex')];`,
  'bad digest': `crypto.pbkdf2Sync('pw', 'salt', 1, 8, 'nope');`,
  'bad iterations': `crypto.pbkdf2Sync('pw', 'salt', 0, 8, 'sha1');`,
  'no callback': `crypto.pbkdf2('pw', 'salt', 1, 8, 'sha1');`,
});

compare(
  'ciphers',
  "import crypto from 'node:crypto'; const key = Buffer.alloc(32, 1), iv = Buffer.alloc(16, 2), nonce = Buffer.alloc(12, 3);",
  {
    cbc: `const c = crypto.createCipheriv('aes-256-cbc', key, iv); const t = c.update('hello world', 'utf8', 'hex') + c.final('hex'); const d = crypto.createDecipheriv('aes-256-cbc', key, iv); return [t, d.update(t, 'hex', 'utf8') + d.final('utf8')];`,
    buffers: `const c = crypto.createCipheriv('aes-128-ctr', key.subarray(16), iv); return Buffer.concat([c.update(Buffer.alloc(50)), c.update('x'), c.final()]).toString('hex');`,
    gcm: `const c = crypto.createCipheriv('aes-256-gcm', key, nonce); c.setAAD(Buffer.from('aad')); const t = c.update('secret', 'utf8', 'base64') + c.final('base64'); const tag = c.getAuthTag(); const d = crypto.createDecipheriv('aes-256-gcm', key, nonce); d.setAAD(Buffer.from('aad')); d.setAuthTag(tag); return [t, tag.toString('hex'), d.update(t, 'base64', 'utf8') + d.final('utf8')];`,
    'short tag': `const c = crypto.createCipheriv('aes-256-gcm', key, nonce, { authTagLength: 12 }); c.update('x'); c.final(); return c.getAuthTag().length;`,
    chacha20: `const c = crypto.createCipheriv('chacha20-poly1305', key, nonce, { authTagLength: 16 }); return [Buffer.concat([c.update('x'), c.final()]).toString('hex'), c.getAuthTag().toString('hex')];`,
    'no padding': `const c = crypto.createCipheriv('aes-256-cbc', key, iv).setAutoPadding(false); return Buffer.concat([c.update(Buffer.alloc(16)), c.final()]).toString('hex');`,
    'a tag that is wrong': `const d = crypto.createDecipheriv('aes-256-gcm', key, nonce); d.setAuthTag(Buffer.alloc(16)); d.update('00', 'hex'); d.final();`,
    'data that is no cipher text': `const d = crypto.createDecipheriv('aes-256-cbc', key, iv); d.update('0000', 'hex'); d.final();`,
    'a short key': `crypto.createCipheriv('aes-256-cbc', Buffer.alloc(3), iv);`,
    'a short vector': `crypto.createCipheriv('aes-256-cbc', key, Buffer.alloc(3));`,
    'an unknown cipher': `crypto.createCipheriv('nope', key, iv);`,
    names: `return [crypto.getCiphers().includes('aes-256-gcm'), crypto.getHashes().includes('sha256'), crypto.getCurves().includes('prime256v1'), crypto.constants.RSA_PKCS1_PSS_PADDING];`,
  },
);

compare('signatures and keys', `import crypto from 'node:crypto'; ${keys}`, {
  rsa: `const s = crypto.createSign('RSA-SHA256').update('data').sign(rsa.privateKey, 'base64'); return [s, crypto.createVerify('RSA-SHA256').update('data').verify(rsa.publicKey, s, 'base64'), crypto.createVerify('sha256').update('other').verify(rsa.publicKey, s, 'base64')];`,
  pss: `const o = { padding: crypto.constants.RSA_PKCS1_PSS_PADDING, saltLength: 32 }; const s = crypto.sign('sha256', Buffer.from('d'), { key: rsa.privateKey, ...o }); return [s.length, crypto.verify('sha256', Buffer.from('d'), { key: rsa.publicKey, ...o }, s), crypto.verify('sha256', Buffer.from('d'), rsa.publicKey, s)];`,
  ecdsa: `const s = crypto.sign('sha256', Buffer.from('d'), { key: ec.privateKey, dsaEncoding: 'ieee-p1363' }); return [s.length, crypto.verify('sha256', Buffer.from('d'), { key: ec.publicKey, dsaEncoding: 'ieee-p1363' }, s)];`,
  ed25519: `const s = crypto.sign(null, Buffer.from('d'), ed.privateKey); return [s.toString('hex'), crypto.verify(null, Buffer.from('d'), ed.publicKey, s), await new Promise((r) => crypto.verify(undefined, Buffer.from('x'), ed.publicKey, s, (e, v) => r(v)))];`,
  'key objects': `return [rsa, ec, ed].map((p) => { const a = crypto.createPrivateKey(p.privateKey), b = crypto.createPublicKey(p.publicKey), c = crypto.createPublicKey(a); const { publicExponent, ...d } = a.asymmetricKeyDetails; return [a.type, b.type, a.asymmetricKeyType, d, String(publicExponent), c.equals(b), b.export({ format: 'jwk' }), b.export({ type: 'spki', format: 'pem' }) === p.publicKey, a.export({ type: 'pkcs8', format: 'der' }).toString('hex')]; });`,
  'a secret key': `const k = crypto.createSecretKey(Buffer.from('secret')); return [k.type, k.symmetricKeySize, k.export().toString(), k.export({ format: 'jwk' }), crypto.createHmac('sha256', k).update('x').digest('hex'), k instanceof crypto.KeyObject, crypto.createSecretKey('736563', 'hex').export().toString()];`,
  jwk: `const j = crypto.createPublicKey(ec.publicKey).export({ format: 'jwk' }); return crypto.createPublicKey({ key: j, format: 'jwk' }).export({ type: 'spki', format: 'pem' }) === ec.publicKey;`,
  der: `const d = crypto.createPrivateKey(ed.privateKey).export({ type: 'pkcs8', format: 'der' }); return crypto.createPrivateKey({ key: d, type: 'pkcs8', format: 'der' }).asymmetricKeyType;`,
  'with a passphrase': `const p = crypto.createPrivateKey(ec.privateKey).export({ type: 'pkcs8', format: 'pem', cipher: 'aes-256-cbc', passphrase: 'top' }); return [p.startsWith('-----BEGIN ENCRYPTED'), crypto.createPrivateKey({ key: p, passphrase: 'top' }).equals(crypto.createPrivateKey(ec.privateKey))];`,
  'rsa encryption': `const e = crypto.publicEncrypt(rsa.publicKey, Buffer.from('m')); return [e.length, crypto.privateDecrypt(rsa.privateKey, e).toString(), crypto.privateDecrypt({ key: rsa.privateKey, oaepHash: 'sha256' }, crypto.publicEncrypt({ key: rsa.publicKey, oaepHash: 'sha256' }, Buffer.from('n'))).toString()];`,
  'rsa the other way around': `const e = crypto.privateEncrypt(rsa.privateKey, Buffer.from('m')); return [e.toString('hex'), crypto.publicDecrypt(rsa.publicKey, e).toString(), crypto.publicDecrypt({ key: crypto.createPublicKey(rsa.publicKey) }, e).toString()];`,
  'cipher info': `return [crypto.getCipherInfo('aes-256-gcm'), crypto.getCipherInfo('nope'), crypto.getCipherInfo('aes-128-cbc', { keyLength: 5 })];`,
  'new pairs': `const { publicKey, privateKey } = crypto.generateKeyPairSync('ec', { namedCurve: 'P-256' }); const p = crypto.generateKeyPairSync('ed25519', { publicKeyEncoding: { type: 'spki', format: 'pem' }, privateKeyEncoding: { type: 'pkcs8', format: 'der' } }); return [publicKey.type, privateKey.asymmetricKeyDetails, p.publicKey.split('\\n')[0], Buffer.isBuffer(p.privateKey), await new Promise((r) => crypto.generateKeyPair('x25519', {}, (e, a, b) => r([a.type, b.type]))), crypto.generateKeySync('hmac', { length: 64 }).symmetricKeySize];`,
  agreement: `const a = crypto.generateKeyPairSync('x25519'), b = crypto.generateKeyPairSync('x25519'); return crypto.diffieHellman({ privateKey: a.privateKey, publicKey: b.publicKey }).equals(crypto.diffieHellman({ privateKey: b.privateKey, publicKey: a.publicKey }));`,
  'an unknown digest': `crypto.createSign('nope');`,
  'a public key to sign with': `crypto.sign('sha256', Buffer.from('d'), crypto.createPublicKey(ec.publicKey));`,
  'no key': `crypto.createSign('sha256').sign(null);`,
  'a bad signature': `return crypto.verify('sha256', Buffer.from('d'), ec.publicKey, Buffer.from('junk'));`,
});

compare('key agreement by ECDH', "import crypto from 'node:crypto'; const priv = '1f'.repeat(32);", {
  'both sides': `const a = crypto.createECDH('prime256v1'), b = crypto.createECDH('prime256v1'); const ka = a.generateKeys(), kb = b.generateKeys('base64', 'compressed'); return [ka.length, kb.length, a.computeSecret(kb, 'base64').equals(b.computeSecret(ka)), a.computeSecret(b.getPublicKey('hex'), 'hex', 'hex') === b.computeSecret(ka, null, 'hex')];`,
  'a given key': `const a = crypto.createECDH('secp256k1'); a.setPrivateKey(priv, 'hex'); return ['compressed', 'uncompressed', 'hybrid'].map((f) => a.getPublicKey('hex', f)).concat(a.getPrivateKey('hex'), a.setPrivateKey(Buffer.from(priv, 'hex')).getPublicKey().toString('hex'));`,
  convert: `const a = crypto.createECDH('secp384r1'); a.generateKeys(); const c = crypto.ECDH.convertKey(a.getPublicKey(), 'secp384r1', null, 'hex', 'compressed'); return [c.length, crypto.ECDH.convertKey(c, 'secp384r1', 'hex').equals(a.getPublicKey()), a instanceof crypto.ECDH];`,
  'an unknown curve': `crypto.createECDH('nope');`,
  'a curve that is no text': `crypto.createECDH(5);`,
  'no key yet': `crypto.createECDH('prime256v1').getPublicKey();`,
  'a bad point': `const a = crypto.createECDH('prime256v1'); a.generateKeys(); a.computeSecret(Buffer.alloc(65));`,
  'a bad private key': `crypto.createECDH('prime256v1').setPrivateKey(Buffer.alloc(32));`,
  'a bad format': `const a = crypto.createECDH('prime256v1'); a.generateKeys('hex', 'long');`,
  dh: `const make = () => crypto.generateKeyPairSync('dh', { group: 'modp14' }); const a = make(), b = make(); return [a.privateKey.asymmetricKeyType, crypto.diffieHellman({ privateKey: a.privateKey, publicKey: b.publicKey }).equals(crypto.diffieHellman({ privateKey: b.privateKey, publicKey: a.publicKey }))];`,
});

const pem = readFileSync(new URL('../../outbound/certificate.pem', import.meta.url), 'utf8');
const pemKey = readFileSync(new URL('../../outbound/key.pem', import.meta.url), 'utf8');
compare(
  'certificates',
  `import crypto, { X509Certificate } from 'node:crypto'; const pem = ${text(pem)}, pemKey = ${text(pemKey)}; const c = new X509Certificate(pem);`,
  {
    facts: `return ['subject', 'subjectAltName', 'issuer', 'issuerCertificate', 'infoAccess', 'validFrom', 'validTo', 'validFromDate', 'validToDate', 'fingerprint', 'fingerprint256', 'fingerprint512', 'keyUsage', 'serialNumber', 'signatureAlgorithm', 'ca'].map((name) => [name, c[name] instanceof Date ? c[name].getTime() : c[name]]);`,
    forms: `return [new X509Certificate(c.raw).fingerprint, new X509Certificate(Buffer.from(pem)).serialNumber, c.toString() === pem, JSON.stringify(c) === JSON.stringify(pem), c.raw.length, Buffer.isBuffer(c.raw)];`,
    'what it is for': `return [c.checkHost('a.test'), c.checkHost('x.a.test'), c.checkHost('c.test'), c.checkHost('x.a.test', { wildcards: false }), c.checkIP('127.0.0.1'), c.checkIP('10.0.0.1'), c.checkEmail('a@a.test')];`,
    keys: `const k = crypto.createPrivateKey(pemKey); return [c.publicKey.type, c.publicKey.asymmetricKeyType, c.checkPrivateKey(k), c.verify(c.publicKey), c.verify(crypto.createPublicKey(rsa.publicKey)), c.checkPrivateKey(crypto.createPrivateKey(rsa.privateKey)), c.checkIssued(c)];`.replaceAll(
      'rsa.',
      `${text(rsa)}.`,
    ),
    'the older form': `const { raw, pubkey, ...rest } = c.toLegacyObject(); return [rest, raw.equals(c.raw), Buffer.isBuffer(pubkey)];`,
    junk: `new X509Certificate('junk');`,
    'no bytes': `new X509Certificate(5);`,
    'no key object': `c.verify(pemKey);`,
    'another certificate': `c.checkIssued({});`,
    'the wrong kind of key': `try { c.checkPrivateKey(c.publicKey); } catch (error) { return error.code; }`,
  },
);

t.test('what crypto does not have says what to use', async (t) => {
  for (const use of [
    'createDiffieHellman(2048)',
    "getDiffieHellman('modp14')",
    'generatePrimeSync(64)',
    'argon2Sync()',
  ]) {
    const source = `import * as crypto from 'node:crypto'; export const handler = () => crypto.${use};`;
    const error = await inGuest(source).catch((thrown: unknown) => thrown);
    t.match(error, { message: /^crypto\.\w+ does not exist in an isolate: (use|bind) / });
  }
});

t.test(
  'a public key is read from text, bytes and a private key, and a broken one is refused with a code',
  async (t) => {
    const source = `import crypto from 'node:crypto'; ${keys} export const handler = () => { const errors = [];
    for (const bad of ['junk', Buffer.from('junk'), 5, null, {}]) { try { crypto.createPublicKey(bad); errors.push('none'); } catch (error) { errors.push(typeof error.code); } }
    return [crypto.createPublicKey(Buffer.from(rsa.publicKey)).type, crypto.createPublicKey(rsa.privateKey).type, errors]; };`;
    t.same(await inGuest(source), ['public', 'public', ['string', 'string', 'string', 'string', 'string']]);
  },
);

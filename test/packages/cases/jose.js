/** Tokens: signed by secret and by key pair, checked, encrypted; keys in and out of JWK and PEM. */
import * as jose from 'jose';

const secret = new TextEncoder().encode('a secret of thirty-two characters');
const now = new Date('2026-04-07T10:00:00Z');

const code = (promise) =>
  promise.then(
    () => 'accepted',
    (error) => [error.name, error.code, error.message],
  );

export const handler = async () => {
  const token = await new jose.SignJWT({ role: 'admin' })
    .setProtectedHeader({ alg: 'HS256', typ: 'JWT' })
    .setSubject('ada')
    .setIssuer('https://example.com')
    .setAudience('shop')
    .setIssuedAt(now)
    .setExpirationTime('2h')
    .sign(secret);
  const fixed = await new jose.SignJWT({ role: 'admin', exp: 1_775_563_200 })
    .setProtectedHeader({ alg: 'HS256' })
    .sign(secret);
  const at = (currentDate) => jose.jwtVerify(fixed, secret, { currentDate });
  const { publicKey, privateKey } = await jose.generateKeyPair('ES256', { extractable: true });
  const signed = await new jose.CompactSign(new TextEncoder().encode('hello'))
    .setProtectedHeader({ alg: 'ES256' })
    .sign(privateKey);
  const jwk = await jose.exportJWK(publicKey);
  const set = jose.createLocalJWKSet({ keys: [{ ...jwk, kid: 'one', alg: 'ES256' }] });
  const byKey = await new jose.SignJWT({ a: 1 }).setProtectedHeader({ alg: 'ES256', kid: 'one' }).sign(privateKey);
  const pem = await jose.exportSPKI(publicKey);
  const box = await new jose.EncryptJWT({ card: '4242' })
    .setProtectedHeader({ alg: 'dir', enc: 'A256GCM' })
    .encrypt(secret.slice(0, 32));
  return {
    fixed,
    verified: (await at(now)).payload,
    header: jose.decodeProtectedHeader(token),
    claims: Object.keys(jose.decodeJwt(token)).sort(),
    late: await code(at(new Date('2027-01-01'))),
    wrongKey: await code(jose.jwtVerify(fixed, new Uint8Array(32), { currentDate: now })),
    wrongIssuer: await code(jose.jwtVerify(fixed, secret, { currentDate: now, issuer: 'x' })),
    pair: new TextDecoder().decode((await jose.compactVerify(signed, publicKey)).payload),
    jwk: [jwk.kty, jwk.crv, jwk.x.length],
    bySet: (await jose.jwtVerify(byKey, set)).payload,
    pem: [pem.split('\n')[0], (await jose.compactVerify(signed, await jose.importSPKI(pem, 'ES256'))).protectedHeader],
    opened: (await jose.jwtDecrypt(box, secret.slice(0, 32))).payload,
    thumbprint: await jose.calculateJwkThumbprint({ kty: 'oct', k: 'AAAA' }),
  };
};

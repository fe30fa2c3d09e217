/** Session tokens: signed by secret and by key pair, checked, expired and tampered with. */
import { generateKeyPairSync } from 'node:crypto';
import jwt from 'jsonwebtoken';

const secret = 'a secret of thirty-two characters';
const at = { clockTimestamp: 1_775_556_000 };

const attempt = (run) => {
  try {
    return run();
  } catch (error) {
    return [error.name, error.message, error instanceof jwt.JsonWebTokenError];
  }
};

export const handler = async () => {
  const token = jwt.sign({ role: 'admin', iat: 1_775_556_000 }, secret, {
    expiresIn: '2h',
    subject: 'ada',
    audience: ['shop', 'blog'],
    jwtid: '7',
  });
  const { publicKey, privateKey } = generateKeyPairSync('ec', {
    namedCurve: 'P-256',
    publicKeyEncoding: { type: 'spki', format: 'pem' },
    privateKeyEncoding: { type: 'pkcs8', format: 'pem' },
  });
  const byKey = jwt.sign({ a: 1, iat: 1 }, privateKey, { algorithm: 'ES256', keyid: 'one' });
  const [head, body] = token.split('.');
  return {
    token,
    verified: jwt.verify(token, secret, { ...at, audience: /^sh/ }),
    complete: jwt.verify(token, secret, { ...at, complete: true }),
    decoded: jwt.decode(byKey, { complete: true }).header,
    late: attempt(() => jwt.verify(token, secret, { clockTimestamp: 1_775_566_000 })),
    tampered: attempt(() => jwt.verify(`${head}.${body}.AAAA`, secret, at)),
    wrongAudience: attempt(() => jwt.verify(token, secret, { ...at, audience: 'forum' })),
    malformed: attempt(() => jwt.verify('nope', secret)),
    byKey: jwt.verify(byKey, publicKey),
    confused: attempt(() => jwt.verify(jwt.sign({}, 'x'), publicKey, { algorithms: ['ES256'] })),
    callback: await new Promise((resolve) => jwt.verify(token, 'wrong', at, (error) => resolve(error.message))),
    badOptions: attempt(() => jwt.sign({ exp: 1 }, secret, { expiresIn: 5 })),
  };
};

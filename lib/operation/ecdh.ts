/** The class ECDH of `node:crypto`: made anew for each operation, from the keys the guest holds. */
import * as crypto from 'node:crypto';
import { bytesOf, type Operations, parametersOf, text, textOf } from './operations.ts';

type Parameters = Record<string, unknown>;
type Format = 'compressed' | 'uncompressed' | 'hybrid';

/** One byte per character; undefined where there is none. */
function optional(read: () => Buffer): string | undefined {
  try {
    return textOf(read());
  } catch {
    return undefined;
  }
}

/** `privateKey` decides; a public key alone is what a deprecated setter was given. */
function holding(parameters: Parameters): crypto.ECDH {
  const made = crypto.createECDH(text(parameters, 'curve'));
  const { privateKey, publicKey } = parameters;
  if (typeof privateKey === 'string') made.setPrivateKey(bytesOf(privateKey));
  if (typeof publicKey === 'string' && parameters.ownPublicKey === true) {
    // Deprecated, so the types leave it out.
    (made as crypto.ECDH & { setPublicKey(key: Buffer): void }).setPublicKey(bytesOf(publicKey));
  }
  return made;
}

export const ecdhOperations: Operations = {
  /** Keys after `generate`, or as given: `privateKey` and the `publicKey` that belongs to it. */
  ecdhKeys: (json) => {
    const parameters = parametersOf(json);
    const made = holding(parameters);
    if (parameters.generate === true) made.generateKeys();
    const privateKey = optional(() => made.getPrivateKey());
    const publicKey = optional(() => made.getPublicKey());
    return JSON.stringify({ privateKey, publicKey });
  },
  ecdhSecret: (json, otherPublicKey) => textOf(holding(parametersOf(json)).computeSecret(bytesOf(otherPublicKey))),
  ecdhConvert: (json, key) => {
    const parameters = parametersOf(json);
    const format = parameters.format as Format;
    return textOf(
      crypto.ECDH.convertKey(bytesOf(key), text(parameters, 'curve'), undefined, undefined, format) as Buffer,
    );
  },
};

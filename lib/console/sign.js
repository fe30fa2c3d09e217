/** Requests signed with an access key: ACS3-HMAC-SHA256, as Function Compute's clients do. Needs a secure context. */
const text = new TextEncoder();
const hex = (buffer) => [...new Uint8Array(buffer)].map((byte) => byte.toString(16).padStart(2, '0')).join('');
const sha256 = async (data) =>
  hex(await crypto.subtle.digest('SHA-256', typeof data === 'string' ? text.encode(data) : data));

const encode = (part) =>
  encodeURIComponent(part).replace(/[!'()*]/g, (found) => `%${found.charCodeAt(0).toString(16).toUpperCase()}`);

export async function signed(method, path, headers, body, { accessKeyId, accessKeySecret }) {
  const url = new URL(path, location.origin);
  const hash = await sha256(body);
  const own = {
    ...headers,
    'x-acs-date': `${new Date().toISOString().slice(0, 19)}Z`,
    'x-acs-content-sha256': hash,
    'x-acs-signature-nonce': crypto.randomUUID(),
    'x-acs-version': '2023-03-30',
  };
  const covered = {
    host: url.host,
    ...Object.fromEntries(Object.entries(own).filter(([name]) => name.startsWith('x-acs-') || name === 'content-type')),
  };
  const names = Object.keys(covered).sort();
  const query = [...url.searchParams]
    .map(([name, value]) => `${encode(name)}=${encode(value)}`)
    .sort()
    .join('&');
  const canonical = [
    method,
    url.pathname,
    query,
    ...names.map((name) => `${name}:${String(covered[name]).trim()}`),
    '',
    names.join(';'),
    hash,
  ].join('\n');
  const key = await crypto.subtle.importKey(
    'raw',
    text.encode(accessKeySecret),
    { name: 'HMAC', hash: 'SHA-256' },
    false,
    ['sign'],
  );
  const signature = hex(
    await crypto.subtle.sign('HMAC', key, text.encode(`ACS3-HMAC-SHA256\n${await sha256(canonical)}`)),
  );
  return {
    ...own,
    authorization: `ACS3-HMAC-SHA256 Credential=${accessKeyId},SignedHeaders=${names.join(';')},Signature=${signature}`,
  };
}

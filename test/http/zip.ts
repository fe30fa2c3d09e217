/** Code packages of a few files. */
import { buffer } from 'node:stream/consumers';
import { ZipFile } from 'yazl';

export async function zip(files: Readonly<Record<string, string>>): Promise<Buffer> {
  const archive = new ZipFile();
  for (const [name, text] of Object.entries(files)) {
    archive.addBuffer(Buffer.from(text), name, { mtime: new Date('2026-01-01T00:00:00Z') });
  }
  archive.end();
  return buffer(archive.outputStream);
}

export const zipBase64 = async (files: Readonly<Record<string, string>>): Promise<string> =>
  (await zip(files)).toString('base64');

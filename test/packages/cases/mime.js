/** Types of files by name, both ways, with types of one's own. */
import mime, { Mime } from 'mime';
import lite from 'mime/lite';

export const handler = () => {
  const own = new Mime({ 'text/x-tea': ['tea'] });
  own.define({ 'text/x-cup': ['cup', 'tea'] }, true);
  return {
    types: [
      'a.txt',
      'path/to/photo.JPEG',
      'json',
      'archive.tar.gz',
      'movie.mp4',
      'a.wasm',
      'x.nothing',
      '.gitignore',
    ].map((name) => mime.getType(name)),
    extensions: ['text/html', 'application/json; charset=utf-8', 'image/svg+xml', 'no/such'].map((type) =>
      mime.getExtension(type),
    ),
    all: [...mime.getAllExtensions('image/jpeg')].sort(),
    lite: [lite.getType('a.css'), lite.getType('a.dwg')],
    own: [own.getType('x.tea'), own.getExtension('text/x-cup')],
  };
};

/** `node:stream/web`. */
export { CompressionStream, DecompressionStream } from '../web/compression.ts';
export * from '../web/streams.ts';
export { TextDecoderStream, TextEncoderStream } from '../web/text-streams.ts';

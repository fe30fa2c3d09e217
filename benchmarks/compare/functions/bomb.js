/** Takes memory in one of several ways, 1 GB at most: what is not stopped before that is not stopped. */
const LIMIT = 2 ** 30;
const ways = {
  array() {
    const kept = [];
    for (let bytes = 0; bytes < LIMIT; bytes += 8_000_000) kept.push(new Array(1_000_000).fill(bytes));
    return kept.length;
  },
  objects() {
    const kept = [];
    for (let at = 0; at < 12_000_000; at++) kept.push({ at, next: kept[at - 1], text: `t${at}` });
    return kept.length;
  },
  map() {
    const kept = new Map();
    for (let at = 0; at < 16_000_000; at++) kept.set(at, at);
    return kept.size;
  },
  strings() {
    const kept = [];
    for (let bytes = 0; bytes < LIMIT; bytes += 16_000_000)
      kept.push([...String(bytes).padEnd(16, 'x')].join('').repeat(1_000_000));
    return kept.map((text) => text.charCodeAt(text.length - 1)).length;
  },
  buffers() {
    const kept = [];
    for (let bytes = 0; bytes < LIMIT; bytes += 16_000_000) kept.push(new Uint8Array(16_000_000).fill(1));
    return kept.length;
  },
};

export const handler = (event) => ({ kept: ways[event.way]() });

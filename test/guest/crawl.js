// Runs inside an isolate: walks everything reachable from `roots` over own properties, prototypes, getters and what they give, and tells of
// every object its path, whether it is native, and whose realm it is of. Plain JavaScript, because it runs in a bare isolate, too.
globalThis.crawl = (roots) => {
  const { getPrototypeOf, getOwnPropertyDescriptor, ownKeys, apply } = Reflect;
  const sourceOf = Function.prototype.toString;
  const home = [Object.prototype, Function.prototype];
  const seen = new Set();
  const found = { natives: [], foreign: [], handles: [], count: 0 };
  const HANDLES =
    /^(Reference|Isolate|Context|ExternalCopy|Callback|NativeModule|Session|Script|CpuProfile|Dereference)$/;
  const waiting = Object.keys(roots).map((name) => [roots[name], name]);
  const rootOf = (value) => {
    let last = value;
    for (
      let next = getPrototypeOf(value), steps = 0;
      next !== null && steps < 100;
      next = getPrototypeOf(next), steps++
    )
      last = next;
    return last;
  };
  const look = (value, path) => {
    found.count++;
    if (typeof value === 'function') {
      const text = apply(sourceOf, value, []);
      const own = (key) => getOwnPropertyDescriptor(value, key)?.value;
      if (/\{ \[native code\] \}$/.test(text) && value !== Function.prototype)
        found.natives.push(`${own('name')}/${own('length')} ${path}`);
    }
    const root = rootOf(value);
    // What has no prototype at all, or whose chain ends in something of its own making, belongs to nobody else.
    if (getPrototypeOf(value) !== null && !home.includes(root) && !seen.has(root)) found.foreign.push(path);
    const tag = (() => {
      try {
        return getPrototypeOf(value)?.constructor?.name;
      } catch {
        return '';
      }
    })();
    if (typeof tag === 'string' && HANDLES.test(tag) && typeof value !== 'function')
      found.handles.push(`${path}: ${tag}`);
  };
  while (waiting.length > 0) {
    const [value, path] = waiting.pop();
    if ((typeof value !== 'object' && typeof value !== 'function') || value === null || seen.has(value)) continue;
    seen.add(value);
    if (path.length > 400) continue;
    try {
      look(value, path);
    } catch {}
    try {
      waiting.push([getPrototypeOf(value), `${path}.__proto__`]);
    } catch {}
    let keys = [];
    try {
      keys = ownKeys(value);
    } catch {}
    if (ArrayBuffer.isView(value) || keys.length > 5_000) continue;
    for (const key of keys) {
      const place = `${path}.${String(key)}`;
      try {
        const { value: held, get, set } = getOwnPropertyDescriptor(value, key);
        waiting.push([held, place], [get, `${place}.get`], [set, `${place}.set`]);
        if (get !== undefined) waiting.push([apply(get, value, []), `${place}()`]);
      } catch (error) {
        waiting.push([error, `${place}.thrown`]);
      }
    }
  }
  return found;
};

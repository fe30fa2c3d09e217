/** `Event`, its subclasses and `EventTarget` (DOM standard, 2; HTML standard, 8.1). */
import { compare } from './compare.ts';

const setup = `
  const target = () => new EventTarget();
  const fire = (to, type = 'x', init) => to.dispatchEvent(new Event(type, init));
  const run = (change) => {
    const seen = [];
    const to = new EventTarget();
    const result = change(to, seen, (name) => () => { seen.push(name); });
    return [seen, result];
  };`;
const show = 'const show = (event, ...names) => names.map((name) => event[name]);';

compare({
  'an event has the attributes it was made with': {
    setup: show,
    rows: [
      "show(new Event('x'), 'type', 'bubbles', 'cancelable', 'composed', 'target', 'currentTarget', 'srcElement', 'eventPhase', 'defaultPrevented', 'returnValue', 'cancelBubble', 'isTrusted')",
      "show(new Event('x', { bubbles: 1, cancelable: 'a', composed: {} }), 'bubbles', 'cancelable', 'composed')",
      "new Event('x').composedPath()",
      "typeof new Event('x').timeStamp",
      'new Event()',
      "new Event('x', 1)",
      "new Event('x', null).bubbles",
      'new Event(undefined).type',
      'new Event(5).type',
      "new Event(Symbol('x'))",
      "Event('x')",
      "show(Event, 'NONE', 'CAPTURING_PHASE', 'AT_TARGET', 'BUBBLING_PHASE')",
      "((e) => [e.preventDefault(), e.defaultPrevented, e.returnValue])(new Event('x'))",
      "((e) => [e.preventDefault(), e.defaultPrevented, e.returnValue])(new Event('x', { cancelable: true }))",
      "((e) => { e.returnValue = false; return e.defaultPrevented; })(new Event('x', { cancelable: true }))",
      "((e) => { e.cancelBubble = true; e.cancelBubble = false; return e.cancelBubble; })(new Event('x'))",
      "((e) => { e.stopPropagation(); return e.cancelBubble; })(new Event('x'))",
      "Object.prototype.toString.call(new Event('x'))",
    ],
    standard: {
      // Node.js has no initEvent.
      "((e) => { e.initEvent('y', true); return [e.type, e.bubbles, e.cancelable]; })(new Event('x', { cancelable: true }))":
        ['y', true, false],
      'Event.prototype.AT_TARGET': 2,
      // An own property that cannot be forged; Node.js has it on the prototype.
      "Object.getOwnPropertyDescriptor(new Event('x'), 'isTrusted').configurable": false,
      "Object.getOwnPropertyDescriptor(new Event('x'), 'isTrusted').get === Object.getOwnPropertyDescriptor(new Event('y'), 'isTrusted').get": true,
    },
  },
  'kinds of events carry what they are made with': {
    setup: show,
    rows: [
      "show(new CustomEvent('x', { detail: { a: 1 }, bubbles: true }), 'type', 'detail', 'bubbles')",
      "new CustomEvent('x').detail",
      "new CustomEvent('x', { detail: 0 }).detail",
      'new CustomEvent()',
      "new CustomEvent('x') instanceof Event",
      "Object.prototype.toString.call(new CustomEvent('x'))",
      "show(new MessageEvent('m'), 'data', 'origin', 'lastEventId', 'source', 'ports')",
      "show(new MessageEvent('m', { data: [1], origin: 'o', lastEventId: 'l' }), 'data', 'origin', 'lastEventId')",
      "show(new MessageEvent('m', { data: false }), 'data')",
      "show(new MessageEvent('m', { data: 0 }), 'data')",
      'new MessageEvent()',
      "Object.isFrozen(new MessageEvent('m').ports)",
      "Object.prototype.toString.call(new MessageEvent('m'))",
    ],
    standard: {
      // Node.js has no global ErrorEvent, PromiseRejectionEvent or initCustomEvent.
      "show(new ErrorEvent('e'), 'message', 'filename', 'lineno', 'colno', 'error')": ['', '', 0, 0, undefined],
      "show(new ErrorEvent('e', { message: 1, filename: 'f', lineno: '2', colno: 2 ** 32 + 3, error: null }), 'message', 'filename', 'lineno', 'colno', 'error')":
        ['1', 'f', 2, 3, null],
      "Object.prototype.toString.call(new ErrorEvent('e'))": '[object ErrorEvent]',
      'new ErrorEvent()': { threw: { error: 'TypeError', class: 'TypeError' } },
      "((promise) => show(new PromiseRejectionEvent('r', { promise, reason: 5 }), 'reason', 'cancelable').concat(new PromiseRejectionEvent('r', { promise }).promise === promise))(Promise.resolve())":
        [5, false, true],
      "new PromiseRejectionEvent('r')": { threw: { error: 'TypeError', class: 'TypeError' } },
      "new PromiseRejectionEvent('r', {})": { threw: { error: 'TypeError', class: 'TypeError' } },
      "((e) => { e.initCustomEvent('y', true, true, 3); return show(e, 'type', 'bubbles', 'cancelable', 'detail'); })(new CustomEvent('x'))":
        ['y', true, true, 3],
      // A member that is undefined is absent, one that is null is not.
      "new CustomEvent('x', { detail: undefined }).detail": null,
      "new MessageEvent('m', { data: undefined }).data": null,
    },
  },
  'listeners are called in order, once for each of type, callback and capture': {
    setup,
    rows: [
      "run((to, seen, say) => { to.addEventListener('x', say('a')); to.addEventListener('x', say('b')); return fire(to); })",
      "run((to, seen, say) => { const a = say('a'); to.addEventListener('x', a); to.addEventListener('x', a); return fire(to); })",
      "run((to, seen, say) => { const a = say('a'); to.addEventListener('x', a); to.addEventListener('x', a, true); return fire(to); })",
      "run((to, seen, say) => { const a = say('a'); to.addEventListener('x', a, true); to.removeEventListener('x', a); return fire(to); })",
      "run((to, seen, say) => { const a = say('a'); to.addEventListener('x', a); to.removeEventListener('x', a, { once: true, passive: true }); return fire(to); })",
      "run((to, seen, say) => { to.addEventListener('x', say('a')); return fire(to, 'X'); })",
      "run((to, seen, say) => { to.addEventListener(undefined, say('a')); return fire(to, 'undefined'); })",
      "run((to) => [to.addEventListener('x', null), to.addEventListener('x', undefined), to.removeEventListener('x', null), fire(to)])",
      "run((to) => to.addEventListener('x'))",
      "run((to) => to.addEventListener('x', 5))",
      'run((to) => to.addEventListener())',
      'run((to) => to.dispatchEvent())',
      "run((to) => to.dispatchEvent({ type: 'x' }))",
      'run((to) => to.dispatchEvent(null))',
      "run((to, seen) => { to.addEventListener('x', function (e) { seen.push(this === to, e.target === to, e.currentTarget === to, e.eventPhase, e.composedPath().length); }); return fire(to); })",
      "run((to, seen) => { const e = new Event('x'); to.addEventListener('x', () => 0); to.dispatchEvent(e); return [e.target === to, e.currentTarget, e.eventPhase, e.composedPath()]; })",
      "run((to, seen, say) => { const b = say('b'); to.addEventListener('x', () => to.removeEventListener('x', b)); to.addEventListener('x', b); return fire(to); })",
      "run((to, seen, say) => { to.addEventListener('x', (e) => { seen.push('a'); e.stopImmediatePropagation(); }); to.addEventListener('x', say('b')); return fire(to); })",
      "run((to, seen, say) => { to.addEventListener('x', (e) => { seen.push('a'); e.stopPropagation(); }); to.addEventListener('x', say('b')); return fire(to); })",
      "run((to, seen, say) => { const e = new Event('x'); to.addEventListener('x', say('a')); to.dispatchEvent(e); return to.dispatchEvent(e); })",
      'Object.prototype.toString.call(target())',
      'EventTarget()',
      "run((to, seen) => { const mine = new (class Mine extends EventTarget { go() { return fire(this); } })(); mine.addEventListener('x', () => seen.push('sub')); return mine.go(); })",
    ],
    standard: {
      // At the target, capturing listeners come first; Node.js calls all in the order they were added.
      "run((to, seen, say) => { to.addEventListener('x', say('bubble')); to.addEventListener('x', say('capture'), true); return fire(to); })":
        [['capture', 'bubble'], true],
      // In between, propagation can be stopped.
      "run((to, seen, say) => { to.addEventListener('x', (e) => { seen.push('capture'); e.stopPropagation(); }, true); to.addEventListener('x', say('bubble')); return fire(to); })":
        [['capture'], true],
      // Node.js does not take true for capture when it removes.
      "run((to, seen, say) => { const a = say('a'); to.addEventListener('x', a, { capture: true }); to.removeEventListener('x', a, true); return fire(to); })":
        [[], true],
      // Node.js calls some listeners that were added meanwhile.
      "run((to, seen, say) => { to.addEventListener('x', () => to.addEventListener('x', say('late'))); fire(to); seen.push('|'); return fire(to); })":
        [['|', 'late'], true],
      // Node.js throws an error of its own.
      "run((to, seen) => { const e = new Event('x'); to.addEventListener('x', () => { try { to.dispatchEvent(e); } catch (error) { seen.push(error.name); } }); return to.dispatchEvent(e); })":
        [['InvalidStateError'], true],
    },
  },
  'objects with handleEvent are listeners': {
    setup,
    rows: [
      "run((to, seen) => { const listener = { handleEvent(e) { seen.push(e.type, this === listener); } }; to.addEventListener('x', listener); return fire(to); })",
      "run((to, seen) => { const listener = {}; to.addEventListener('x', listener); listener.handleEvent = () => seen.push('late'); return fire(to); })",
      "run((to, seen) => { const listener = { handleEvent() { seen.push('old'); } }; to.addEventListener('x', listener); listener.handleEvent = () => seen.push('new'); to.removeEventListener('x', listener); return fire(to); })",
      "run((to, seen) => { const f = () => seen.push('function'); f.handleEvent = () => seen.push('method'); to.addEventListener('x', f); return fire(to); })",
    ],
  },
  'once, passive and signal are options of a listener': {
    setup,
    rows: [
      "run((to, seen, say) => { to.addEventListener('x', say('once'), { once: true }); fire(to); return fire(to); })",
      "run((to, seen) => { to.addEventListener('x', () => { seen.push('a'); if (seen.length < 3) fire(to); }, { once: true }); return fire(to); })",
      "run((to, seen) => { to.addEventListener('x', (e) => { e.preventDefault(); seen.push(e.defaultPrevented); }, { passive: true }); return fire(to, 'x', { cancelable: true }); })",
      "run((to, seen) => { to.addEventListener('x', (e) => { e.preventDefault(); seen.push(e.defaultPrevented); }, { passive: false }); return fire(to, 'x', { cancelable: true }); })",
      "run((to, seen) => { to.addEventListener('x', (e) => e.preventDefault()); return [fire(to), fire(to, 'x', { cancelable: true })]; })",
      "run((to, seen, say) => { const c = new AbortController(); to.addEventListener('x', say('a'), { signal: c.signal }); fire(to); c.abort(); return fire(to); })",
      "run((to, seen, say) => { to.addEventListener('x', say('a'), { signal: AbortSignal.abort() }); return fire(to); })",
      "run((to, seen, say) => { const c = new AbortController(); to.addEventListener('x', () => c.abort()); to.addEventListener('x', say('a'), { signal: c.signal }); return fire(to); })",
      "run((to, seen, say) => { const c = new AbortController(); to.addEventListener('x', say('a'), { signal: c.signal, once: true }); fire(to); c.abort(); return fire(to); })",
      "run((to, seen, say) => to.addEventListener('x', say('a'), { signal: null }))",
      "run((to, seen, say) => to.addEventListener('x', say('a'), { signal: {} }))",
      "run((to, seen, say) => { to.addEventListener('x', say('a'), null); return fire(to); })",
    ],
    standard: {
      // The signal removes the registration it was given with, no later one of the same callback.
      "run((to, seen, say) => { const c = new AbortController(); const a = say('a'); to.addEventListener('x', a, { signal: c.signal }); to.removeEventListener('x', a); to.addEventListener('x', a); c.abort(); return fire(to); })":
        [['a'], true],
    },
  },
});

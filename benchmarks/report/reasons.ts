/** Why a peer is ahead, where it is. Written by people who looked; the first that fits is told. */

const reasons: readonly [measure: RegExp, guest: RegExp, peer: RegExp, why: string][] = [
  [
    /^size/,
    /./,
    /./,
    'Isopod contains isolated-vm with its binaries for every system, esbuild, and what a guest may use of Node.js, so that nothing is built or fetched later.',
  ],
  [/^memory/, /./, /^quickjs$/, 'A heap of this interpreter begins with kilobytes, an isolate of V8 with a megabyte.'],
  [
    /^memory/,
    /./,
    /^(vm2|workerd)/,
    'Contexts of one heap, or isolates without a limit of their own, share what each isolate of ours has for itself.',
  ],
  [
    /^contain/,
    /./,
    /./,
    'The watchdog looks every 5 ms and then ends the isolate; these are timers that kill a thread or a process.',
  ],
  [
    /^cold/,
    /^tiny$/,
    /^(vm2|quickjs|isolated-vm)$/,
    'Nothing to load here, so what counts is the making: a context or an interpreter is made faster than an isolate with a kernel, its deadline and its limits.',
  ],
  [
    /^cold/,
    /./,
    /^(deno|workerd)/,
    'Each function has a cell of its own, and the next one has to be up; these begin a thread or an isolate in a process that runs.',
  ],
  [/./, /^payload$/, /^vm2$/, 'The text stays in one heap; into an isolate of its own and back every byte is copied.'],
  [/./, /^payload$/, /^(deno|workerd)/, 'An event crosses twice: to the cell, and there into its isolate.'],
  [
    /./,
    /./,
    /^vm2$/,
    'The heap of the program itself: no boundary that memory or native code would have to cross, and no limit of memory.',
  ],
  [
    /./,
    /./,
    /^isolated-vm$/,
    'The same crossing, of which Isopod makes a call with a deadline, a request id, limits and told errors.',
  ],
];

/** What general reasons account for; more than that has one of its own, or none that is known. */
const USUAL = 1.6;

export function reasonFor(measure: string, guest: string, peer: string, ratio: number): string {
  const found = reasons.find((each) => each[0].test(measure) && each[1].test(guest) && each[2].test(peer));
  const isGeneral = found?.[0].source === '.' && found[1].source === '.';
  return found === undefined || (isGeneral && ratio > USUAL) ? 'Not explained yet.' : found[3];
}

/** Why a peer is ahead, where it is. Written by people who looked; the first that fits is told. */

const reasons: readonly [measure: RegExp, guest: RegExp, peer: RegExp, why: string][] = [
  [
    /^size/,
    /./,
    /./,
    'Isopod contains isolated-vm with its binaries for every system and esbuild, so that nothing is built at install.',
  ],
  [
    /./,
    /^payload$/,
    /vm2/,
    'vm2 parses and prints in the same heap; into an isolate of its own every byte is copied, twice.',
  ],
  [
    /./,
    /./,
    /^vm2$/,
    'vm2 stays in the heap of the program: no boundary that memory or native code would have to cross.',
  ],
];

export function reasonFor(measure: string, guest: string, peer: string, _apart: boolean): string {
  const found = reasons.find((each) => each[0].test(measure) && each[1].test(guest) && each[2].test(peer));
  return found?.[3] ?? 'Not explained yet.';
}

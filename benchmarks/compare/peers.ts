/** All of them, by the name that cases and rows have. */
import type { Peer } from './peer.ts';
import { isolatedFunction } from './peers/isolated-function.ts';
import { isolatedVm } from './peers/isolated-vm.ts';
import { isopodDirect, isopodJailed, isopodProcess, isopodWorker } from './peers/isopod.ts';
import { miniflare } from './peers/miniflare.ts';
import { nodeVm } from './peers/node-vm.ts';
import { bun, deno } from './peers/other-runtimes.ts';
import { piscina } from './peers/piscina.ts';
import { plain } from './peers/plain.ts';
import { quickjs } from './peers/quickjs.ts';
import { secureExec } from './peers/secure-exec.ts';
import { vm2 } from './peers/vm2.ts';
import { workerdHttp, workerdLoader } from './peers/workerd.ts';

export const peers: Readonly<Record<string, Peer>> = {
  'isopod-direct': isopodDirect,
  'isopod-worker': isopodWorker,
  'isopod-process': isopodProcess,
  'isopod-jailed': isopodJailed,
  plain,
  'node-vm': nodeVm,
  vm2,
  'isolated-vm': isolatedVm,
  piscina,
  quickjs,
  deno,
  bun,
  'workerd-http': workerdHttp,
  'workerd-loader': workerdLoader,
  miniflare,
  'secure-exec': secureExec,
  'isolated-function': isolatedFunction,
};

export const isOurs = (name: string): boolean => name.startsWith('isopod-');

import type { Suite } from './suite.ts';
import { async } from './suites/async.ts';
import { cold } from './suites/cold.ts';
import { memory } from './suites/memory.ts';
import { warm } from './suites/warm.ts';

export const suites: Readonly<Record<string, Suite>> = { warm, cold, async, memory };

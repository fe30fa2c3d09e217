#!/usr/bin/env node
/** Entry of the `isopod` command. Imports nothing before the version of Node is known: older ones cannot load the rest. */
const major = Number(process.versions.node.split('.')[0]);
if (major < 24) {
  console.error(`isopod needs Node.js 24 or newer; this is ${process.version}`);
  process.exit(3);
}
const { main } = await import('./program.ts');
process.exitCode = await main(process.argv);

export {};

/** Options every command has that talks to a host. */
import type { Command } from 'commander';

export function hostOptions(command: Command): Command {
  return command
    .option('--server <address>', 'the host, for example http://127.0.0.1:9000 (env ISOPOD_SERVER)')
    .option('--data-dir <folder>', 'without a server: the data folder of a host that is not running (env ISOPOD_DATA)')
    .option('--json', 'print JSON');
}

/** The journal's own thread: syncs to disk take milliseconds now and then, which nobody on the calling thread should wait for. */
import { type MessagePort, parentPort, workerData } from 'node:worker_threads';
import { failureOf, type Group, JournalDatabase } from './database.ts';

const port = parentPort as MessagePort;

function open(path: string): JournalDatabase | undefined {
  try {
    return new JournalDatabase(path);
  } catch (error) {
    port.postMessage({ failure: failureOf(error), answers: [] });
    return undefined;
  }
}

const database = open(workerData as string);
if (database !== undefined) {
  port.on('message', (group: Group | 'close') => {
    if (group !== 'close') return port.postMessage(database.run(group));
    database.close();
    port.close();
  });
  port.postMessage({ failure: undefined, answers: [] });
}

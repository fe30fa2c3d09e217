/** The life of an instance: every state, every event, nothing left open. `undefined` marks what must never happen. */

export type InstanceState =
  /** The isolate is being made and the module evaluated. */
  | 'preparing'
  /** Ready but for its initializer: a spare. */
  | 'spare'
  | 'initializing'
  | 'serving'
  /** Takes no more calls; preStop runs. */
  | 'stopping'
  | 'gone';

export type InstanceEvent = 'prepared' | 'activate' | 'initialized' | 'stop' | 'lost';

const table: Readonly<Record<InstanceState, Readonly<Record<InstanceEvent, InstanceState | undefined>>>> = {
  preparing: { prepared: 'spare', activate: undefined, initialized: undefined, stop: 'gone', lost: 'gone' },
  spare: { prepared: undefined, activate: 'initializing', initialized: undefined, stop: 'gone', lost: 'gone' },
  initializing: { prepared: undefined, activate: undefined, initialized: 'serving', stop: 'gone', lost: 'gone' },
  serving: { prepared: undefined, activate: undefined, initialized: undefined, stop: 'stopping', lost: 'gone' },
  stopping: { prepared: undefined, activate: undefined, initialized: undefined, stop: 'stopping', lost: 'gone' },
  gone: { prepared: 'gone', activate: 'gone', initialized: 'gone', stop: 'gone', lost: 'gone' },
};

/** The state after `event`; throws on one that cannot happen in `state`, which is a defect of ours. */
export function nextState(state: InstanceState, event: InstanceEvent): InstanceState {
  const next = table[state][event];
  if (next === undefined) throw new Error(`An instance that is ${state} cannot take the event ${event}`);
  return next;
}

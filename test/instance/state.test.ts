import t from 'tap';
import { nextState } from '../../lib/instance/state.ts';

t.test('an instance is prepared, initialised once, serves, stops and is gone', (t) => {
  t.equal(nextState('preparing', 'prepared'), 'spare');
  t.equal(nextState('spare', 'activate'), 'initializing');
  t.equal(nextState('initializing', 'initialized'), 'serving');
  t.equal(nextState('serving', 'stop'), 'stopping');
  t.equal(nextState('stopping', 'lost'), 'gone');
  t.end();
});

t.test('whatever is lost is gone, and what is gone stays gone', (t) => {
  for (const state of ['preparing', 'spare', 'initializing', 'serving', 'stopping', 'gone'] as const) {
    t.equal(nextState(state, 'lost'), 'gone');
  }
  for (const event of ['prepared', 'activate', 'initialized', 'stop', 'lost'] as const)
    t.equal(nextState('gone', event), 'gone');
  t.end();
});

t.test('an event that cannot happen is a defect and says so', (t) => {
  t.throws(() => nextState('serving', 'activate'), {
    message: 'An instance that is serving cannot take the event activate',
  });
  t.throws(() => nextState('preparing', 'initialized'), Error);
  t.end();
});

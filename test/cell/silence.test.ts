import t from 'tap';
import { Silence } from '../../lib/cell/silence.ts';

/** A cell whose clocks are set by hand. */
function cell(): { silence: Silence; look: (now: number, cpuMs: number | undefined, steps?: boolean) => boolean } {
  const silence = new Silence();
  return { silence, look: (now, cpuMs, steps = false) => silence.isStuck(now, steps, () => cpuMs) };
}

t.test('a cell nobody asked is never stuck', async (t) => {
  t.notOk(cell().look(1e9, 1e9));
});

t.test('a cell that computes on after its time and does not answer is stuck', async (t) => {
  const { silence, look } = cell();
  silence.ask(1_000);
  t.notOk(look(999, 500), 'its time is not over');
  t.notOk(look(1_020, 520), 'the first look only notes what it has used so far');
  t.notOk(look(1_220, 720));
  t.ok(look(1_300, 800));
});

t.test('a cell that gets no processor time is waited for, but not for ever', async (t) => {
  const { silence, look } = cell();
  silence.ask(1_000);
  for (let now = 1_000; now < 11_000; now += 20) t.notOk(look(now, 500 + now / 100), 'starved');
  t.ok(look(11_100, 610));
});

t.test('a first look that comes late proves nothing: the answer may be waiting to be read', async (t) => {
  const { silence, look } = cell();
  const no = silence.ask(1_000);
  t.notOk(look(60_000, 50_000));
  silence.answered(no);
  t.notOk(look(60_020, 60_000));
});

t.test('an answer stands for all questions before it, and for none after', async (t) => {
  const { silence, look } = cell();
  silence.ask(1_000);
  const second = silence.ask(1_000);
  silence.ask(2_000);
  silence.answered(second);
  t.notOk(look(1_500, 5_000));
  t.notOk(look(2_000, 5_000));
  t.ok(look(2_500, 5_300));
});

t.test('starts and stops take long steps, and more patience', async (t) => {
  const { silence, look } = cell();
  silence.ask(0);
  look(0, 0, true);
  t.notOk(look(1_500, 1_500, true));
  t.ok(look(2_100, 2_100, true));
});

t.test('where processor time is not told, the clock decides, with more patience', async (t) => {
  const { silence, look } = cell();
  silence.ask(0);
  t.notOk(look(0, undefined));
  t.notOk(look(1_900, undefined));
  t.ok(look(2_100, undefined));
});

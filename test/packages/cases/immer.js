/** A shopping cart's states: changes on drafts, patches and back, maps and sets, freezing, classes. */
import {
  applyPatches,
  createDraft,
  current,
  enableMapSet,
  enablePatches,
  finishDraft,
  immerable,
  isDraft,
  original,
  produce,
  produceWithPatches,
} from 'immer';

enablePatches();
enableMapSet();

class Customer {
  [immerable] = true;
  constructor(name) {
    this.name = name;
  }
  get upper() {
    return this.name.toUpperCase();
  }
}

const start = {
  items: [
    { name: 'Tea', count: 1 },
    { name: 'Cup', count: 2 },
  ],
  seen: new Set(['Tea']),
  prices: new Map([['Tea', { net: 4.5 }]]),
  customer: new Customer('Ada'),
};

export const handler = () => {
  const [next, patches, inverse] = produceWithPatches(start, (draft) => {
    draft.items[1].count++;
    draft.items.push({ name: 'Spoon', count: 1 });
    draft.seen.add('Spoon');
    draft.prices.get('Tea').net = 5;
    draft.customer.name = 'Grace';
  });
  const plain = ({ items, seen, prices, customer }) => ({
    items,
    seen: [...seen],
    prices: [...prices],
    customer: customer.upper,
  });
  const draft = createDraft({ a: { b: 1 } });
  draft.a.b = 2;
  const inside = [isDraft(draft.a), current(draft), original(draft)];
  let frozen;
  try {
    next.items[0].count = 9;
  } catch (error) {
    frozen = error.name;
  }
  const toggle = produce((state, name) => {
    state[name] = !state[name];
  });
  return {
    before: plain(start),
    after: plain(next),
    shared: [next.items[0] === start.items[0], next.items === start.items, produce(start, () => {}) === start],
    patches,
    undone: plain(applyPatches(next, inverse)),
    inside,
    finished: finishDraft(draft),
    frozen,
    curried: toggle(toggle({ a: true }, 'b'), 'a'),
  };
};

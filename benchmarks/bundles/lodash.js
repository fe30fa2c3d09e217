import lodash from 'lodash';

export const handler = (event) => lodash.countBy(event.words);

/** Names in every style, with prefixes, digits and accents. */
import * as changeCase from 'change-case';
import { camelCase as keys } from 'change-case/keys';

const names = ['userID', 'get_HTTP-response 2 times', '__version__', 'ÉtéIndien', 'v1.2beta', ''];
const styles = [
  'camelCase',
  'capitalCase',
  'constantCase',
  'dotCase',
  'kebabCase',
  'noCase',
  'pascalCase',
  'pascalSnakeCase',
  'pathCase',
  'sentenceCase',
  'snakeCase',
  'trainCase',
];

const convert = { ...changeCase };

export const handler = () => ({
  styles: styles.map((style) => [style, ...names.map((name) => convert[style](name))]),
  parts: [changeCase.split('fooBAR2baz'), changeCase.splitSeparateNumbers('fooBAR2baz')],
  options: changeCase.snakeCase('__typeName__', { prefixCharacters: '_', suffixCharacters: '_', delimiter: '-' }),
  locale: changeCase.constantCase('title', { locale: 'tr' }),
  keys: keys({ first_name: 1, nested_value: { deep_er: [{ in_list: 2 }] } }, 5),
});

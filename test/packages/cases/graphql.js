/** A library's API: schema from text, queries with variables and fragments, mutations, errors, introspection. */
import {
  buildSchema,
  GraphQLError,
  GraphQLInt,
  GraphQLObjectType,
  GraphQLScalarType,
  GraphQLSchema,
  GraphQLString,
  graphql,
  parse,
  print,
  printSchema,
  validate,
  visit,
} from 'graphql';

const schema = buildSchema(`
  "A book" type Book implements Node { id: ID! title(upper: Boolean = false): String! author: Author! tags: [String!] }
  type Author { name: String! books: [Book!]! }
  interface Node { id: ID! }
  union Found = Book | Author
  enum Order { ASC DESC }
  input NewBook { title: String!, author: String! = "unknown" }
  type Query { books(order: Order = ASC, first: Int): [Book!]!, found: [Found!]!, broken: String }
  type Mutation { add(book: NewBook!): Book! }
`);

const ada = { __typename: 'Author', name: 'Ada', books: () => books };
const book = (id, title) => ({
  __typename: 'Book',
  id,
  title: ({ upper }) => (upper ? title.toUpperCase() : title),
  author: ada,
  tags: null,
});
const books = [book(1, 'Notes'), book(2, 'Engines')];
const rootValue = {
  books: async ({ order, first }) => (order === 'ASC' ? books : books.toReversed()).slice(0, first),
  found: () => [books[0], ada],
  broken: () => {
    throw new GraphQLError('out of paper', { extensions: { code: 'PAPER' } });
  },
  add: ({ book: { title, author } }) => ({ ...book(3, title), author: { name: author } }),
};
const ask = (source, variableValues) => graphql({ schema, source, rootValue, variableValues });

const Even = new GraphQLScalarType({
  name: 'Even',
  serialize: (value) => {
    if (value % 2) throw new TypeError(`${value} is odd`);
    return value;
  },
});
const made = new GraphQLSchema({
  query: new GraphQLObjectType({
    name: 'Query',
    fields: {
      even: { type: Even, args: { of: { type: GraphQLInt } }, resolve: (_, args) => args.of },
      hello: { type: GraphQLString, resolve: (_, __, { name }) => `Hello, ${name}` },
    },
  }),
});

export const handler = async () => ({
  query: await ask(
    'query ($n: Int, $with: Boolean!) { books(order: DESC, first: $n) { id ...T author @include(if: $with) { name } } } fragment T on Book { title(upper: true) tags }',
    { n: 1, with: true },
  ),
  union: await ask('{ found { __typename ... on Book { title } ... on Author { name books { id } } } }'),
  mutation: await ask('mutation { add(book: { title: "New" }) { id title author { name } } }'),
  failed: await ask('{ broken books { id } }'),
  invalid: await ask('{ books { nothing } }'),
  syntax: await ask('{ books { '),
  badVariable: await ask('query ($n: Int) { books(first: $n) { id } }', { n: 'x' }),
  types: (await ask('{ __schema { types { name kind } } }')).data.__schema.types.length,
  own: await graphql({
    schema: made,
    source: '{ a: even(of: 2) b: even(of: 3) hello }',
    contextValue: { name: 'Ada' },
  }),
  printed: [printSchema(schema), print(parse('query Q($a:Int=1){b(c:$a){d}}'))],
  rules: validate(schema, parse('query ($x: Int) { books { id } }')).map(({ message, locations }) => [
    message,
    locations,
  ]),
  visited: print(visit(parse('{ a b }'), { Field: ({ name }) => (name.value === 'b' ? null : undefined) })),
});

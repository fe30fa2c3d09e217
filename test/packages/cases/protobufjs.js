/** Messages from a schema's text: encoded, decoded, checked, nested, maps, oneofs, enums and big numbers. */
import protobuf from 'protobufjs';

const SCHEMA = `
  syntax = "proto3"; package shop;
  enum Kind { UNKNOWN = 0; TEA = 1; CUP = 2; }
  message Item { string name = 1; Kind kind = 2; repeated sint32 sizes = 3; double price = 4; }
  message Order {
    uint64 id = 1; repeated Item items = 2; map<string, string> tags = 3; bytes raw = 4;
    oneof pay { string card = 5; bool cash = 6; }
  }
  service Orders { rpc Add (Order) returns (Item); }
`;

export const handler = async () => {
  const { root } = protobuf.parse(SCHEMA);
  const Order = root.lookupType('shop.Order');
  const value = {
    id: '18446744073709551615',
    items: [
      { name: 'Tea', kind: 1, sizes: [-1, 300], price: 4.5 },
      { name: 'é', kind: 2 },
    ],
    tags: { a: 'b', c: 'd' },
    raw: 'AQID',
    card: '4242',
  };
  const message = Order.fromObject(value);
  const bytes = Order.encode(message).finish();
  const decoded = Order.decode(bytes);
  let failure;
  try {
    Order.decode(bytes.subarray(0, bytes.length - 3));
  } catch (error) {
    failure = [error.name, error.message];
  }
  const Orders = root.lookupService('shop.Orders');
  const service = Orders.create((_method, request, done) => done(null, protobuf.Item ?? request), false, false);
  void service;
  return {
    bytes: Buffer.from(bytes).toString('hex'),
    object: Order.toObject(decoded, { longs: String, enums: String, bytes: String, defaults: true, oneofs: true }),
    json: JSON.stringify(decoded),
    oneof: decoded.pay,
    verified: [Order.verify({ items: [{ name: 5 }] }), Order.verify({ id: 1 })],
    delimited: Order.decodeDelimited(Order.encodeDelimited(message).finish()).items.length,
    failure,
    reflected: Order.fieldsArray.map(({ name, id, type, repeated }) => [name, id, type, repeated]),
    schema: root.toJSON(),
    writer: Buffer.from(protobuf.Writer.create().uint32(300).string('x').fixed32(7).finish()).toString('hex'),
    reader: protobuf.Reader.create(Uint8Array.of(172, 2)).uint32(),
  };
};

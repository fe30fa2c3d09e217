/** Where a callback function keeps the names of the values its promise form gives as one object. */
export const customArgs: unique symbol = Symbol('customPromisifyArgs');

/** `DOMException` (Web IDL standard, 2.8). */
import { compare } from './compare.ts';

const names = `IndexSizeError HierarchyRequestError WrongDocumentError InvalidCharacterError NoModificationAllowedError
  NotFoundError NotSupportedError InUseAttributeError InvalidStateError SyntaxError InvalidModificationError NamespaceError
  InvalidAccessError SecurityError NetworkError AbortError URLMismatchError TimeoutError
  InvalidNodeTypeError DataCloneError EncodingError NotReadableError UnknownError ConstraintError DataError
  TransactionInactiveError ReadOnlyError VersionError OperationError NotAllowedError Nonsense toString`.split(/\s+/);

compare({
  'a DOMException has a name, the legacy code of that name, and a message': {
    setup: 'const show = (e) => [e.name, e.message, e.code];',
    rows: [
      ...names.map((name) => `new DOMException('', '${name}').code`),
      'show(new DOMException())',
      "show(new DOMException('m'))",
      "show(new DOMException('m', 'AbortError'))",
      'show(new DOMException(undefined, undefined))',
      'show(new DOMException(null, null))',
      'show(new DOMException(5, 6))',
      "new DOMException('m', { name: 'DataError', cause: 7 }).cause",
      "'cause' in new DOMException('m', 'DataError')",
      "show(new DOMException('m', { name: 'DataError', cause: 7 }))",
      "new DOMException('m') instanceof Error",
      'Object.getPrototypeOf(DOMException.prototype) === Error.prototype',
      "typeof new DOMException('m').stack",
      "String(new DOMException('m', 'DataError'))",
      "Object.prototype.toString.call(new DOMException('m'))",
      'DOMException()',
      "new DOMException(Symbol('x'))",
      'DOMException.ABORT_ERR',
      'DOMException.prototype.DATA_CLONE_ERR',
      'DOMException.INDEX_SIZE_ERR',
      'DOMException.VALIDATION_ERR',
      "Object.getOwnPropertyDescriptor(DOMException, 'ABORT_ERR')",
      "Object.hasOwn(new DOMException('m', 'n'), 'name')",
      "Object.getOwnPropertyDescriptor(DOMException.prototype, 'code').enumerable",
      "Object.getOwnPropertyDescriptor(DOMException.prototype, 'name').get.call({})",
    ],
  },
});

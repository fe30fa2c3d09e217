/**
 * Every coded error Isopod raises: one table, one class.
 *
 * Test `error.code`, never the message. `kind` says who has to act: `caller` sent something wrong, `function`
 * means the user's code failed, `system` means Isopod (or a limit of the machine) failed. `retryable` says
 * whether the same call may succeed later unchanged. Names follow the Function Compute API where it has one.
 */

/** Who has to act on an error. */
export type ErrorKind = 'caller' | 'function' | 'system';

export interface ErrorFacts {
  readonly kind: ErrorKind;
  readonly retryable: boolean;
  /** HTTP status of the Function Compute API for this failure. */
  readonly status: number;
}

const fact = (kind: ErrorKind, retryable: boolean, status: number): ErrorFacts =>
  Object.freeze({ kind, retryable, status });

/** code -> kind, retryable, HTTP status. Codes are never reused for another meaning. */
export const ERRORS = Object.freeze({
  // what the caller sent
  InvalidArgument: fact('caller', false, 400),
  FunctionNotFound: fact('caller', false, 404),
  FunctionAlreadyExists: fact('caller', false, 409),
  VersionNotFound: fact('caller', false, 404),
  VersionInUse: fact('caller', false, 409),
  ProvisionConfigNotFound: fact('caller', false, 404),
  ProvisionConfigExist: fact('caller', false, 409),
  AliasNotFound: fact('caller', false, 404),
  AliasAlreadyExists: fact('caller', false, 409),
  AdditionalVersionContainsMajorVersion: fact('caller', false, 400),
  TriggerNotFound: fact('caller', false, 404),
  TriggerAlreadyExists: fact('caller', false, 409),
  FunctionNotEmpty: fact('caller', false, 409),
  BucketNotFound: fact('caller', false, 404),
  ObjectNotFound: fact('caller', false, 404),
  AsyncTaskNotFound: fact('caller', false, 404),
  AsyncTaskAlreadyExists: fact('caller', false, 409),
  AsyncConfigNotExists: fact('caller', false, 404),
  DeadLetterNotFound: fact('caller', false, 404),
  EventNotSerializable: fact('caller', false, 400),
  PayloadTooLarge: fact('caller', false, 413),
  NotSynchronous: fact('caller', false, 400),
  InvocationAborted: fact('caller', false, 499),
  EngineClosed: fact('caller', false, 503),
  ConcurrentUpdateError: fact('caller', false, 409),
  DataDirInUse: fact('caller', true, 409),
  DataDirUnusable: fact('caller', false, 400),
  ClusterUnusable: fact('caller', false, 400),
  // who sent it, and whether they may
  AccessDenied: fact('caller', false, 403),
  InvalidAccessKeyID: fact('caller', false, 403),
  SignatureNotMatch: fact('caller', false, 403),
  SignatureNonceUsed: fact('caller', false, 403),
  RequestTimeTooSkewed: fact('caller', false, 403),
  MissingRequiredHeader: fact('caller', false, 400),
  PathNotSupported: fact('caller', false, 404),
  PreconditionFailed: fact('caller', false, 412),
  LimitExceeded: fact('caller', false, 400),
  ServiceNotFound: fact('caller', false, 404),
  ServiceAlreadyExists: fact('caller', false, 409),
  ServiceNotEmpty: fact('caller', false, 409),
  ConcurrencyConfigNotFound: fact('caller', false, 404),
  LayerNotFound: fact('caller', false, 404),
  LayerVersionNotFound: fact('caller', false, 404),
  PolicyNotFound: fact('caller', false, 404),
  PolicyStatementExists: fact('caller', false, 409),
  MethodNotAllowed: fact('caller', false, 405),
  DomainNameNotFound: fact('caller', false, 404),
  DomainNameAlreadyExists: fact('caller', false, 409),
  TenantNotFound: fact('caller', false, 404),
  TenantAlreadyExists: fact('caller', false, 409),
  AccessKeyNotFound: fact('caller', false, 404),
  // code packages
  CodeNotFound: fact('caller', false, 404),
  CodeUnsafe: fact('caller', false, 400),
  CodeTooLarge: fact('caller', false, 413),
  CodeFetchFailed: fact('caller', true, 400),
  BuildFailed: fact('caller', false, 400),
  // the user's function
  UnhandledInvocationError: fact('function', false, 200),
  HandledInvocationError: fact('function', false, 200),
  HandlerNotFound: fact('function', false, 412),
  InitializerFailed: fact('function', true, 200),
  TopLevelFailed: fact('function', false, 200),
  FunctionTimeout: fact('function', false, 200),
  FunctionOutOfMemory: fact('function', false, 200),
  FunctionCpuExceeded: fact('function', false, 200),
  ResultNotSerializable: fact('function', false, 200),
  ResultTooLarge: fact('function', false, 200),
  BadResponse: fact('function', false, 502),
  HostCallLimitExceeded: fact('function', false, 200),
  TimerLimitExceeded: fact('function', false, 200),
  NetworkDenied: fact('function', false, 200),
  NetworkLimitExceeded: fact('function', false, 200),
  NetworkFailed: fact('function', true, 200),
  BindingArgumentInvalid: fact('function', false, 200),
  BindingQuotaExceeded: fact('function', false, 200),
  InvocationEnded: fact('function', false, 200),
  // Isopod, its host or the machine
  BindingResultInvalid: fact('system', false, 500),
  ResourceExhausted: fact('system', true, 429),
  InstanceLost: fact('system', true, 500),
  PackageMissing: fact('caller', false, 501),
  SourceFailed: fact('system', true, 502),
  JailUnavailable: fact('system', false, 501),
  ImageBuildFailed: fact('system', true, 500),
  StoreFailed: fact('system', true, 500),
  DataDirDamaged: fact('system', false, 500),
  AsyncEventExpired: fact('system', false, 500),
  DestinationDeliveryFailed: fact('system', true, 500),
  ClusterUnavailable: fact('system', true, 503),
  NodeLost: fact('system', true, 500),
  InternalError: fact('system', true, 500),
});

export type ErrorCode = keyof typeof ERRORS;

/** What the guest told about a value it threw; data only, nothing of the guest is kept alive by it. */
export interface GuestErrorFacts {
  /** `name` of the thrown error, e.g. `TypeError`; absent when a non-error was thrown. */
  readonly errorType?: string;
  /** Source-mapped stack lines. */
  readonly stackTrace?: readonly string[];
}

export interface IsopodErrorOptions extends GuestErrorFacts {
  readonly cause?: unknown;
  /** Request the error belongs to. */
  readonly requestId?: string;
  /** Milliseconds after which a retry is sensible. */
  readonly retryAfterMs?: number;
}

const brand = Symbol.for('isopod.error');

/**
 * The one error class. `instanceof` works across several copies of the package in one process,
 * because it looks at a registered symbol instead of the prototype.
 */
export class IsopodError extends Error {
  override readonly name: string = 'IsopodError';
  readonly code: ErrorCode;
  readonly errorType: string | undefined;
  readonly stackTrace: readonly string[] | undefined;
  readonly retryAfterMs: number | undefined;
  requestId: string | undefined;

  constructor(code: ErrorCode, message: string, options: IsopodErrorOptions = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.code = code;
    this.errorType = options.errorType;
    this.stackTrace = options.stackTrace;
    this.retryAfterMs = options.retryAfterMs;
    this.requestId = options.requestId;
  }

  get kind(): ErrorKind {
    return ERRORS[this.code].kind;
  }

  get retryable(): boolean {
    return ERRORS[this.code].retryable;
  }

  /** HTTP status the Function Compute API would answer with. */
  get status(): number {
    return ERRORS[this.code].status;
  }

  get [brand](): true {
    return true;
  }

  static override [Symbol.hasInstance](value: unknown): boolean {
    return typeof value === 'object' && value !== null && (value as { [brand]?: unknown })[brand] === true;
  }

  /** The error as data, for another thread or the wire. */
  toJSON(): ErrorRecord {
    return {
      code: this.code,
      message: this.message,
      ...(this.errorType !== undefined && { errorType: this.errorType }),
      ...(this.stackTrace !== undefined && { stackTrace: this.stackTrace }),
      ...(this.requestId !== undefined && { requestId: this.requestId }),
      ...(this.retryAfterMs !== undefined && { retryAfterMs: this.retryAfterMs }),
    };
  }

  /** The inverse of `toJSON`. */
  static fromRecord(record: ErrorRecord): IsopodError {
    return new IsopodError(record.code, record.message, record);
  }
}

/** An error as data. */
export interface ErrorRecord extends GuestErrorFacts {
  readonly code: ErrorCode;
  readonly message: string;
  readonly requestId?: string;
  readonly retryAfterMs?: number;
}

/** Any thrown value as an IsopodError; foreign errors become `InternalError` with the cause kept. */
export function toIsopodError(thrown: unknown): IsopodError {
  if (thrown instanceof IsopodError) return thrown;
  const message = thrown instanceof Error ? thrown.message : String(thrown);
  return new IsopodError('InternalError', message, { cause: thrown });
}

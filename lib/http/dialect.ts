/** How each protocol tells errors and names its requests. */
import { ERRORS, type ErrorCode, type IsopodError } from '../errors.ts';

export interface Problem {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

export interface Dialect {
  readonly name: 'fc' | 'lambda';
  /** Header that carries the request's id. */
  readonly requestIdHeader: string;
  problem(error: IsopodError, requestId: string): Problem;
}

const JSON_TYPE = 'application/json';

/** A function that cannot be declared because of its own code: to the API that is a request that cannot be met. */
function statusOf(code: ErrorCode): number {
  const { kind, status } = ERRORS[code];
  return kind === 'function' && status < 400 ? 400 : status;
}

/** Codes of ours by Function Compute's name for the same thing, where it has another one. */
const FC_NAMES: Partial<Record<ErrorCode, { readonly code: string; readonly status: number }>> = {
  PayloadTooLarge: { code: 'EntityTooLarge', status: 400 },
  InternalError: { code: 'InternalServerError', status: 500 },
  InvocationAborted: { code: 'ClientClosedRequest', status: 499 },
  LimitExceeded: { code: 'LimitExceededError', status: 400 },
};

/** Function Compute, every generation: two pairs of names, because each client looks for its own. */
export const fcDialect: Dialect = {
  name: 'fc',
  requestIdHeader: 'x-fc-request-id',
  problem({ code: own, message, retryAfterMs }, requestId) {
    const { code, status } = FC_NAMES[own] ?? { code: own, status: statusOf(own) };
    return {
      status,
      headers: {
        'content-type': JSON_TYPE,
        'x-fc-request-id': requestId,
        ...(retryAfterMs !== undefined && {
          'retry-after': seconds(retryAfterMs),
          'x-acs-retry-after': String(Math.ceil(retryAfterMs)),
        }),
      },
      body: JSON.stringify({
        RequestId: requestId,
        Code: code,
        Message: message,
        ErrorCode: code,
        ErrorMessage: message,
        HttpStatus: status,
      }),
    };
  },
};

const LAMBDA_NAMES: Partial<Record<ErrorCode, readonly [name: string, status: number]>> = {
  InvalidArgument: ['InvalidParameterValueException', 400],
  EventNotSerializable: ['InvalidRequestContentException', 400],
  FunctionNotFound: ['ResourceNotFoundException', 404],
  CodeNotFound: ['ResourceNotFoundException', 404],
  AsyncTaskNotFound: ['ResourceNotFoundException', 404],
  ProvisionConfigNotFound: ['ProvisionedConcurrencyConfigNotFoundException', 404],
  FunctionAlreadyExists: ['ResourceConflictException', 409],
  PayloadTooLarge: ['RequestTooLargeException', 413],
  CodeTooLarge: ['RequestTooLargeException', 413],
  CodeUnsafe: ['InvalidZipFileException', 502],
  LimitExceeded: ['CodeStorageExceededException', 400],
  PreconditionFailed: ['PreconditionFailedException', 412],
  ResourceExhausted: ['TooManyRequestsException', 429],
  AccessDenied: ['AccessDeniedException', 403],
  InvalidAccessKeyID: ['UnrecognizedClientException', 403],
  SignatureNotMatch: ['InvalidSignatureException', 403],
  RequestTimeTooSkewed: ['InvalidSignatureException', 403],
  SignatureNonceUsed: ['InvalidSignatureException', 403],
  MissingRequiredHeader: ['MissingAuthenticationTokenException', 403],
  PathNotSupported: ['UnknownOperationException', 404],
};

const LAMBDA_REASONS: Partial<Record<ErrorCode, string>> = { ResourceExhausted: 'ConcurrentInvocationLimitExceeded' };

export const lambdaDialect: Dialect = {
  name: 'lambda',
  requestIdHeader: 'x-amzn-requestid',
  problem({ code, message, retryAfterMs }, requestId) {
    const [name, status] = LAMBDA_NAMES[code] ?? fallback(code);
    const Reason = LAMBDA_REASONS[code];
    return {
      status,
      headers: {
        'content-type': JSON_TYPE,
        'x-amzn-requestid': requestId,
        'x-amzn-errortype': name,
        ...(retryAfterMs !== undefined && { 'retry-after': seconds(retryAfterMs) }),
      },
      body: JSON.stringify({
        Type: status >= 500 ? 'Service' : 'User',
        Message: message,
        message,
        ...(Reason !== undefined && { Reason }),
      }),
    };
  },
};

function fallback(code: ErrorCode): readonly [string, number] {
  const status = statusOf(code);
  if (status >= 500) return ['ServiceException', status];
  if (status === 404) return ['ResourceNotFoundException', 404];
  if (status === 409) return ['ResourceConflictException', 409];
  return ['InvalidParameterValueException', 400];
}

const seconds = (ms: number): string => String(Math.max(1, Math.ceil(ms / 1_000)));

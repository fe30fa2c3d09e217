/** The public door of Isopod. */
export { type CloseOptions, createEngine, type Engine, type EngineStats, type FunctionStats } from './engine.ts';
export { ERRORS, type ErrorCode, type ErrorFacts, type ErrorKind, type ErrorRecord, IsopodError } from './errors.ts';
export type { EngineLogger, EngineOptions, QueueOptions } from './options.ts';
export type * from './types.ts';

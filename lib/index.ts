/** The public door of Isopod. */
export type { AsyncOptions, QueueOptions } from './async-options.ts';
export { binding } from './binding/binding.ts';
export { bindingTypes } from './binding/type-text.ts';
export { checkFunction } from './check/check.ts';
export type * from './check/report.ts';
export type { ClusterOptions } from './cluster-options.ts';
export { createEngine, type Engine } from './engine.ts';
export { ERRORS, type ErrorCode, type ErrorFacts, type ErrorKind, type ErrorRecord, IsopodError } from './errors.ts';
export type { Inspector, InspectSession, InspectTarget } from './inspect-options.ts';
export type * from './observe/facts.ts';
export type {
  CellOptions,
  CloseOptions,
  Connection,
  ConnectionSource,
  EngineLogger,
  EngineOptions,
  EventSourcesOptions,
  LogFeed,
  OutboundOptions,
  ScaleOutOptions,
} from './options.ts';
export type * from './types.ts';

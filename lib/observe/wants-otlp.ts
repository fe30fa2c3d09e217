/** Whether the environment names a collector; apart from `otlp.ts`, whose packages take long to load. */

export type Environment = Readonly<Record<string, string | undefined>>;

export const wantsOtlp = (environment: Environment): boolean =>
  environment.OTEL_SDK_DISABLED !== 'true' &&
  ['', '_TRACES', '_METRICS'].some((signal) => (environment[`OTEL_EXPORTER_OTLP${signal}_ENDPOINT`] ?? '') !== '');

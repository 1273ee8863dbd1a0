/** The public names of `@umbel/core`. What is not listed here is private. */
export { parseSeconds, type TimeoutOptions, timeoutInMs } from "./duration.ts";
export {
  AlreadyRegistered,
  ChordError,
  DuplicateTaskIdError,
  ImproperlyConfigured,
  InvalidSignatureError,
  NotRegistered,
  OperationalError,
  OptionError,
  RemoteError,
  ResultTooLargeError,
  RunExpiredError,
  SerializationError,
  TaskRevokedError,
  TimeoutError,
  UmbelError,
  WorkerLostError,
} from "./errors.ts";
export {
  type CallOptions,
  type DurationInput,
  mergeOptions,
  normalizeOptions,
  optionNames,
  type SignatureOptions,
} from "./options.ts";
export {
  type AnyFunction,
  type ArgumentProblem,
  type Binding,
  bindArguments,
  describeProblem,
  formatParameters,
  type Parameter,
  type ParameterList,
  parametersFromFunction,
  parametersFromNames,
} from "./parameters.ts";
export type {
  ChainData,
  ChordData,
  ChunksData,
  EachData,
  GroupData,
  MapData,
  SignatureData,
  SignatureKind,
  TaskData,
} from "./signature/data.ts";
export { didYouMean, nearest } from "./suggest.ts";

/** The public names of `@umbel/core`. What is not listed here is private. */

export { App, type AppOptions, type EngineFactory, type ImportedNamed, isApp } from "./app.ts";
export { type ReadCall, readCall } from "./apply-options.ts";
export { autoretryInMs, type ErrorClass, isOneOf } from "./autoretry.ts";
export { isBuiltIn } from "./built-in-tasks.ts";
export { CENSORED, censor, censorText, isSecretName } from "./censor.ts";
export type { Conf, SettingOrigin, ShowSettingsOptions } from "./conf.ts";
export { Control } from "./control.ts";
export { appOrDefault, currentApp, watchApps } from "./current-app.ts";
export { type DeadLetter, type DeadLetterBox, DeadLetters } from "./dead-letters.ts";
export type { Deduplication, DeduplicationInput } from "./deduplication.ts";
export { type Deep, runDeep } from "./deep.ts";
export { parseSeconds, type TimeoutOptions, timeoutInMs } from "./duration.ts";
export { submit } from "./eager.ts";
export type {
  ApplyOptions,
  Engine,
  Members,
  ResultRecord,
  ResultReference,
  ResultTuple,
  RevokeOptions,
  RevokeReply,
  SubmitRequest,
  SubmittedRun,
  WaitLimits,
} from "./engine.ts";
export {
  AlreadyRegistered,
  ArgumentsTooLargeError,
  ChordError,
  ContentDisallowed,
  DecodeError,
  DuplicateTaskIdError,
  Ignore,
  ImproperlyConfigured,
  InvalidFlowError,
  InvalidSignatureError,
  MaxRetriesExceededError,
  NotRegistered,
  OperationalError,
  OptionError,
  QueueNotFound,
  Reject,
  type RejectOptions,
  RemoteError,
  ResultTooLargeError,
  RunExpiredError,
  RunNotEndedError,
  SerializationError,
  SoftTimeLimitExceeded,
  SynchronousSubtaskError,
  TaskRevokedError,
  TimeLimitExceeded,
  TimeoutError,
  UmbelError,
  UnknownRunError,
  UnknownTaskIdError,
  WorkerLostError,
} from "./errors.ts";
export { newRunKey, nodeId, parseNodeId, type RunKey, runKeyTime } from "./ids.ts";
export {
  type CallOptions,
  type DurationInput,
  mergeOptions,
  normalizeOptions,
  optionNames,
  type SignatureOptions,
  stampsOf,
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
export { Producer, type ProducerOptions } from "./producer.ts";
export { parseRate, type RateInput } from "./rate.ts";
export { readableId } from "./readable-id.ts";
export { AsyncResult, allowJoinResult, type GetOptions, GroupResult, type ResultEvent } from "./result.ts";
export {
  DEFAULT_RETRY_POLICY,
  type PublishOptions,
  type RetryPolicy,
  type RetryPolicyInput,
  readRetryPolicy,
  waitBeforeRetry,
} from "./retry-policy.ts";
export { type Route, type Router, type RouteTable, routeOf, type TaskRoutes } from "./routes.ts";
export { fitLogLine, type RunLogLine, readLogLine } from "./run-log.ts";
export {
  type ForkOptions,
  type InspectOptions,
  type ListRunsOptions,
  type ResumedNode,
  type ResumeReply,
  type RunDetails,
  type RunInfo,
  type RunKeeper,
  type RunNode,
  type RunPage,
  type RunState,
  Runs,
  runStates,
} from "./runs.ts";
export type { Schema, SchemaInput, SchemaOutput } from "./schema.ts";
export type { Compression } from "./serialization/compression.ts";
export {
  type CallArguments,
  Content,
  type ContentSettings,
  contentSettingsOf,
  describePacked,
  requireSerializer,
} from "./serialization/content.ts";
export { decodeError, encodeError, registerError, type WireError } from "./serialization/error.ts";
export { decodeJson, encodeJson, requireJson, taggedJson } from "./serialization/json.ts";
export { registerSerializer, type Serializer } from "./serialization/serializers.ts";
export { isDisabled } from "./setting-types.ts";
export {
  environmentOf,
  type SettingName,
  type SettingRow,
  type Settings,
  settingNames,
  settingRows,
} from "./settings.ts";
export { sharedTask } from "./shared-task.ts";
export { showBriefly } from "./show.ts";
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
export { parseSignature } from "./signature/json.ts";
export { chunksGroup, type Skew } from "./signature/members.ts";
export { bindSignature, chainData, isSignature, Signature, SignatureObject } from "./signature/signature.ts";
export { type StampInput, StampingVisitor, type Stamps } from "./signature/stamps.ts";
export { signatureText, valueText } from "./signature/text.ts";
export type {
  AnySignature,
  ArgsOf,
  ChunksSignature,
  Given,
  GroupSignature,
  Missing,
  PipeFits,
  Tail,
  TakesOf,
} from "./signature/types.ts";
export { isReady, readyStates, type State } from "./states.ts";
export { Submission, submissionOf } from "./submission.ts";
export { didYouMean, nearest } from "./suggest.ts";
export { type AnyTask, isTask, Task, type TaskInfo, type TaskRegistry, taskData } from "./task.ts";
export {
  type Handled,
  type NamedArguments,
  Request,
  type RequestClass,
  type TaskBase,
  type TaskClass,
} from "./task-class.ts";
export {
  AttemptEnded,
  type AttemptRequests,
  type AttemptServices,
  type BoundTask,
  currentTask,
  type DeliveryInfo,
  directCall,
  keepLogLine,
  type RequestMaker,
  type RetryDefaults,
  type RetryOptions,
  retryDefaults,
  runAsTask,
  type StateUpdate,
  TaskAttempt,
  type TaskRequest,
} from "./task-context.ts";
export type { TaskOptions } from "./task-options.ts";
export { type QueueDeclaration, queueNames, shardsOf, type TaskQueues } from "./task-queues.ts";

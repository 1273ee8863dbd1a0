/** From an App's options to its engine. One rule: nothing is opened here; the engine opens its broker when it needs it. */
import { type Broker, CanvasEngine, type CanvasEngineOptions, EagerEngine, type MemoryBroker } from "@umbel/canvas";
import {
  type App,
  type ContentSettings,
  contentSettingsOf,
  didYouMean,
  type PublishOptions,
  parseSeconds,
  QueueNotFound,
  queueNames,
  readRetryPolicy,
  routeOf,
  shardsOf,
} from "@umbel/core";
import { checkBackend, checkReading } from "./broker/backend.ts";
import { type BrokerPlaces, findBroker, placesOf } from "./broker/lookup.ts";
import { givenBrokerOf, memoryBrokerOf } from "./broker/memory-brokers.ts";
import type { OpenBroker, OpenBrokerOptions } from "./broker/open-broker.ts";

/** Makes the engine of an App; every App of `umbel` has one like this. */
export function createEngine(app: App): CanvasEngine {
  return new CanvasEngine(app, { ...engineOptions(app), checkReading: (id) => checkReading(app, id) });
}

/** Makes the engine of one eager run of an App. */
export function createEagerEngine(app: App): EagerEngine {
  const { tasks, conf } = app;
  return new EagerEngine({ tasks }, { defaultQueue: conf.taskDefaultQueue, content: contentSettings(app) });
}

/** The options of an App's engine; `flow` overrides some of them. */
export function engineOptions(app: App, opening: OpenBrokerOptions = {}): CanvasEngineOptions {
  const { prefix, taskDefaultQueue, resultExpires } = app.conf;
  return {
    openBroker: async () => {
      checkBackend(app);
      return givenBrokerOf(app) ?? (await openBrokerOf(app, { environment: process.env, ...placesOf(app) }, opening));
    },
    prefix,
    defaultQueue: taskDefaultQueue,
    ...routing(app),
    shardsOf: (queue) => shardsOf(app.conf.taskQueues ?? [], queue),
    publishing: () => publishing(app),
    content: contentSettings(app),
    resultExpiresMs: Math.round(parseSeconds(resultExpires, "setting `resultExpires`") * 1000),
  };
}

/** What the App's settings say of how values are written and read. They are asked with each value, so they lie ready. */
export function contentSettings(app: App): () => ContentSettings {
  let revision = -1;
  let settings: ContentSettings = app.conf;
  return () => {
    if (revision !== app.confRevision) {
      revision = app.confRevision;
      settings = contentSettingsOf(app.conf);
    }
    return settings;
  };
}

/** What the App's settings say of calls that could not be sent. */
function publishing({ conf }: App): PublishOptions {
  return {
    retry: conf.taskPublishRetry,
    policy: readRetryPolicy(conf.taskPublishRetryPolicy, "setting `taskPublishRetryPolicy`"),
  };
}

/** What the App's settings say of where calls go; they are read for each call, as they may change. */
function routing(app: App): Pick<CanvasEngineOptions, "routeOf" | "checkQueue"> {
  return {
    routeOf: (task) => {
      const { taskRoutes, taskDefaultPriority: priority } = app.conf;
      if (taskRoutes === undefined && priority === undefined) return undefined;
      const route = taskRoutes === undefined ? undefined : routeOf(taskRoutes, task, app.tasks.get(task));
      return { ...(priority === undefined ? {} : { priority }), ...route };
    },
    checkQueue: (queue, task) => {
      const { taskQueues = [], taskCreateMissingQueues, taskDefaultQueue } = app.conf;
      if (taskCreateMissingQueues || queue === taskDefaultQueue) return;
      const names = queueNames(taskQueues);
      if (names.includes(queue)) return;
      throw new QueueNotFound(
        `there is no queue "${queue}" for task "${task}"${didYouMean(queue, [...names, taskDefaultQueue])}; add it to \`taskQueues\`, or let \`taskCreateMissingQueues\` be true`,
      );
    },
  };
}

/**
 * Opens the broker that is named first.
 * @throws OperationalError when it cannot be reached; OptionError when its URL is none
 */
async function openBrokerOf(
  app: App,
  places: BrokerPlaces,
  options: OpenBrokerOptions,
): Promise<Broker | MemoryBroker> {
  const { broker } = findBroker(places);
  if (broker.kind === "memory") return memoryBrokerOf(app);
  const { openBroker } = await import("./broker/open-broker.ts");
  return asEngineBroker(await openBroker(broker, options));
}

function asEngineBroker(open: OpenBroker): Broker {
  for (const warning of open.warnings) process.emitWarning(warning, "UmbelWarning");
  return {
    address: open.address,
    connect: (purpose) => open.connect({ givesUp: purpose === "commands" }),
    release: () => open.close(),
  };
}

/** The memory brokers of Apps. One rule: an App has one, whoever of this process uses the App. */
import { CanvasEngine, MemoryBroker, type MemoryBrokerOptions, serveByItself } from "@umbel/canvas";
import { type App, ImproperlyConfigured } from "@umbel/core";

const brokers = new WeakMap<App, MemoryBroker>();

/** Apps whose broker was given them by a test, whatever their URL says. */
const given = new WeakSet<App>();

/** Gives the broker that an App has when its URL is `memory:`. Its workers are started when they are needed. */
export function memoryBrokerOf(app: App): MemoryBroker {
  return brokers.get(app) ?? makeBroker(app, {});
}

/** Gives the broker that a test gave an App. */
export function givenBrokerOf(app: App): MemoryBroker | undefined {
  return given.has(app) ? brokers.get(app) : undefined;
}

/**
 * Gives an App a broker in memory.
 * @throws ImproperlyConfigured when it has one that is in use
 */
export function giveBroker(app: App, options: MemoryBrokerOptions): MemoryBroker {
  if (brokers.get(app)?.isOpen)
    throw new ImproperlyConfigured("this App uses its broker already; give it another before anything is sent");
  given.add(app);
  return makeBroker(app, options);
}

function makeBroker(app: App, options: MemoryBrokerOptions): MemoryBroker {
  const broker = new MemoryBroker(options);
  brokers.set(app, broker);
  serveByItself(broker, app, () => canvasEngineOf(app), {
    maxResultBytes: app.conf.maxResultBytes,
    logLinesKept: app.conf.logLinesKept,
    onError: (error) => process.emitWarning(error),
  });
  return broker;
}

function canvasEngineOf(app: App): CanvasEngine {
  if (app.engine instanceof CanvasEngine) return app.engine;
  throw new ImproperlyConfigured("an App with an engine of its own cannot use the broker `memory:`");
}

import { expect, test } from "@jest/globals";
import { findBroker } from "../../src/broker/lookup.ts";

const flag = "redis://flag";
const appBroker = "redis://app";

test("the flag comes before FLOW_BROKER, and that before the App's broker", () => {
  const environment = { FLOW_BROKER: "redis://environment" };
  expect(findBroker({ flag, environment, appBroker })).toMatchObject({ source: "--broker", broker: { host: "flag" } });
  expect(findBroker({ environment, appBroker })).toMatchObject({
    source: "FLOW_BROKER",
    broker: { host: "environment" },
  });
  expect(findBroker({ environment: {}, appBroker })).toMatchObject({ broker: { host: "app" } });
});

test("without any of them it is the project's own server, and REDIS_URL is not read", () => {
  const environment = { REDIS_URL: "redis://stranger", FLOW_BROKER: " " };
  expect(findBroker({ environment })).toEqual({ source: "default", broker: { kind: "embedded" } });
});

test("a wrong URL is told with the place it was written at", () => {
  expect(() => findBroker({ environment: { FLOW_BROKER: "reddis://h" } })).toThrow('FLOW_BROKER: broker "reddis://h"');
});

import { describe, expect, it } from "vitest";
import { ask, hotel } from "./ask.ts";

const train = [
  "ts-travel-service",
  "ts-travel2-service",
  "ts-travel-plan-service",
  "ts-order-service",
  "ts-order-other-service",
  "ts-user-service",
];
const named = (text: string, services: readonly string[] = hotel) =>
  ask(text, undefined, undefined, services).services;
const unknown = (text: string, services: readonly string[] = hotel) =>
  ask(text, undefined, undefined, services).unknownServices;

describe("service names", () => {
  it.each([
    ["what broke in geo in the last hour", ["geo"]],
    ["what broke in mongodb-geo", ["mongodb-geo"]],
    ["geo or mongodb-geo?", ["geo", "mongodb-geo"]],
    ["mongodb geo is slow", ["mongodb-geo"]],
    ["MongoDB_Geo is down", ["mongodb-geo"]],
    ["errors in the user service", ["user"]],
    ["User Service is slow", ["user"]],
    ["is `rate` broken", ["rate"]],
    ["why is search slow", ["search"]],
    ["what about rate, profile and geo", ["rate", "profile", "geo"]],
    ["errors in reservaton", ["reservation"]],
    ["mongodb-goe is down", ["mongodb-geo"]],
    ["what happened to recomendation service", ["recommendation"]],
    ["what is the error rate", []],
    ["search for errors in the last hour", []],
    ["the user complains about errors", []],
    ["users see errors", []],
    ["what is the rate of failures in geo", ["geo"]],
    ["user requests fail", []],
    ["geo's latency", ["geo"]],
    ["过去一小时geo出了什么问题", ["geo"]],
    ["is the geo service slow", ["geo"]],
    ["mongodb for geo is slow", ["mongodb-geo"]],
    ["mongo of geo", ["mongodb-geo"]],
    ["db-geo is down", ["mongodb-geo"]],
    ["geo db errors", ["mongodb-geo"]],
    ["geo's database", ["mongodb-geo"]],
    ["the database of the rate service", ["mongodb-rate"]],
    ["memcached for rate", ["memcached-rate"]],
    ["mongo-geo is slow", ["mongodb-geo"]],
    ["geo and rate", ["geo", "rate"]],
    ["geos", ["geo"]],
    ["recommendations service", ["recommendation"]],
    ["front end is slow", ["frontend"]],
    ["serach is slow since 9am", ["search"]],
    ["jeager down?", ["jaeger"]],
    ["the database is slow", []],
    ["no cache for errors", []],
  ] as const)('reads "%s" as %j', (text, services) => {
    expect(named(text)).toEqual(services);
    expect(unknown(text)).toEqual([]);
  });

  it.each([
    ["travel service is slow", ["ts-travel-service"]],
    ["errors in travel2 service", ["ts-travel2-service"]],
    ["ts-travel-plan-service failed", ["ts-travel-plan-service"]],
    ["order other service", ["ts-order-other-service"]],
    ["why is ts-order failing", ["ts-order-service"]],
  ] as const)('finds "%s" without its prefix and suffix', (text, services) => {
    expect(named(text, train)).toEqual(services);
  });

  it.each([
    "what broke in nosuchservice in the last hour",
    "errors in the billing service",
    "is `shipping-api` down",
    "mongodb-orders is slow",
    "what broke in payments?",
  ])('offers the nearest names for "%s"', (text) => {
    const [first] = unknown(text);

    expect(named(text)).toEqual([]);
    expect(first?.nearest).toHaveLength(5);
    expect(hotel).toEqual(expect.arrayContaining([...(first?.nearest ?? [])]));
  });

  it.each([
    "which service is failing",
    "what broke in production",
    "errors in the last hour",
    "any service down?",
    "out-of-memory errors in the logs",
    "why is the checkout failing",
    "error-prone follow-up on end-to-end latency",
    "what went wrong on Monday",
    "is there an issue with latency",
    "problems with 5xx responses",
  ])('sees no service in "%s"', (text) => {
    expect(named(text)).toEqual([]);
    expect(unknown(text)).toEqual([]);
  });

  it("reads no part of a name as a time", () => {
    const read = ask("today-service and last-hour-job failed", undefined, undefined, [
      "today-service",
      "last-hour-job",
    ]);

    expect(read.services).toEqual(["today-service", "last-hour-job"]);
    expect(read.from).toBe("ask");
  });
});

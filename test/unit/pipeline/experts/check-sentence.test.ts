import { describe, expect, it } from "vitest";
import { checkSentence } from "../../../../pipeline/experts/check-sentence.ts";
import { evidenceBook } from "../../../../pipeline/experts/evidence-book.ts";
import { geoCase, traceId } from "../../../fakes/geo-case.ts";

const book = evidenceBook(geoCase());
const shown = new Set(book.items.keys());

function checked(text: string, ...evidence: string[]) {
  return checkSentence({ text, evidence }, false, book, shown);
}

describe("checkSentence", () => {
  it.each([
    ["a value", "The cpu_usage of geo rose to 78 percent.", ["metric-1"]],
    ["a value without its unit", "geo's cpu_usage peaked at 78.", ["metric-1"]],
    ["a rounded value", "The latency_p95 of search reached about 1,500 ms.", ["metric-2"]],
    ["the same time in another unit", "The latency_p95 of search reached 1.5 s.", ["metric-2"]],
    ["how much more it is", "The cpu_usage of geo is 6.5 times the usual.", ["metric-1"]],
    ["a time", "The cpu_usage of geo rose at 22:14:20.", ["metric-1"]],
    ["a time to the minute", "The cpu_usage of geo rose at 22:14.", ["metric-1"]],
    ["an instance", "It was measured on geo-7f.", ["metric-1"]],
    ["a trace id", `The trace ${traceId} failed in geo.`, ["trace-1"]],
    ["a count", "90 trace calls failed, the deepest in geo.", ["trace-1"]],
    ["a quotation", 'geo logged "panic: no reachable servers" 41 times.', ["log-1"]],
    ["a call", "search calls geo and waits for it.", ["calls"]],
    ["an indirect call", "frontend calls geo through search.", ["calls"]],
    ["several pieces together", "geo logged 41 panics and its cpu_usage rose to 78.", ["log-1", "metric-1"]],
    ["the asked window", "Between 22:13 and 22:16 the cpu_usage of geo rose.", ["metric-1"]],
    ["a ranked service", "geo is ranked first.", ["candidate-1"]],
    ["general knowledge", "A service that restarts again and again uses more CPU.", []],
    ["words that are services elsewhere", "The error rate of geo is high.", ["trace-1"]],
    ["hyphenated words", "This is a service-wide, memory-related root-cause pattern.", []],
    ["the service by its word", "The geo service is the root cause service.", ["candidate-1"]],
  ])("keeps a sentence that says %s of its evidence", (_what, text, evidence) => {
    expect(checked(text, ...evidence)).toEqual({ kind: "held", evidence, isRepaired: false });
  });

  it.each([
    ["another value", "The cpu_usage of geo rose to 95 percent."],
    ["the value in another unit", "The cpu_usage of geo rose to 78 ms."],
    ["a value of another metric", "The cpu_usage of geo rose to 1522 percent."],
    ["a service that is not abnormal", "The rate service is slow."],
    ["a service that does not exist", "The payment service is slow."],
    ["a service of a made-up name", "The mongodb-rate is unreachable."],
    ["a metric that does not exist", "The disk_io_wait of geo rose to 78."],
    ["an instance that does not exist", "geo-9c of geo-service restarted."],
    ["another time", "The cpu_usage of geo rose at 21:05:00."],
    ["another day", "The cpu_usage of geo rose on 2023-11-12."],
    ["another trace", "The trace deadbeef00112233 failed in geo."],
    ["what no log says", 'geo logged "disk is full" 41 times.'],
    ["a call that nobody makes", "geo calls frontend."],
    ["a call between services that do not call each other", "rate calls geo."],
    ["a link", "See https://example.com for geo."],
    ["a link as markdown", "See [geo](example.com)."],
    ["a mention", "Tell @channel that geo is down."],
    ["an address", "geo cannot reach 10.0.0.7."],
    ["code of a function that is not there", "geo fails in initializeDatabase."],
  ])("drops a sentence that says %s", (_what, text) => {
    expect(checked(text, "metric-1", "log-1", "trace-1", "calls")).toMatchObject({ kind: "dropped" });
  });

  it("does not take a number of one service for a sentence about another", () => {
    expect(checked("The cpu_usage of geo rose to 1522.", "metric-1", "metric-2")).toMatchObject({
      kind: "dropped",
      why: "says 1522",
    });
  });

  it("gives a sentence the evidence that holds it where it names another", () => {
    expect(checked("The latency_p95 of search reached 1,522 ms.", "metric-1")).toEqual({
      kind: "held",
      evidence: ["metric-2"],
      isRepaired: true,
    });
    expect(checked("geo logged 41 panics and its cpu_usage rose to 78.", "log-1")).toEqual({
      kind: "held",
      evidence: ["log-1", "metric-1"],
      isRepaired: true,
    });
  });

  it("knows no evidence that was not shown", () => {
    const sentence = { text: "The cpu_usage of geo rose to 78.", evidence: ["metric-1"] };

    expect(checkSentence(sentence, false, book, new Set(["log-1"]))).toMatchObject({ kind: "dropped" });
  });

  it("takes no observation that rests on nothing", () => {
    const sentence = { text: "Something is wrong.", evidence: ["metric-99"] };

    expect(checkSentence(sentence, true, book, shown)).toEqual({ kind: "dropped", why: "rests on nothing" });
    expect(checkSentence(sentence, false, book, shown)).toMatchObject({ kind: "held", evidence: [] });
  });
});

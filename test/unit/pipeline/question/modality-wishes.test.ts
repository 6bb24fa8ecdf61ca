import { describe, expect, it } from "vitest";
import { readModalityWishes } from "../../../../pipeline/question/modality-wishes.ts";

describe("readModalityWishes", () => {
  it.each([
    ["only look at the logs", ["log"]],
    ["what broke in the last hour, only logs please", ["log"]],
    ["just metrics", ["metric"]],
    ["logs only", ["log"]],
    ["use only logs and traces", ["log", "trace"]],
    ["ignore traces", ["metric", "log"]],
    ["ignore the traces and the metrics in the last hour", ["log"]],
    ["what broke today without logs", ["metric", "trace"]],
    ["everything except traces", ["metric", "log"]],
    ["don't look at logs", ["metric", "trace"]],
    ["limit it to metrics", ["metric"]],
    ["nur die Logs der letzten Stunde", ["log"]],
    ["ohne Traces", ["metric", "log"]],
    ["sans les traces", ["metric", "log"]],
    ["solo los registros", ["log"]],
    ["sin trazas", ["metric", "log"]],
    ["apenas logs", ["log"]],
  ])('reads "%s" as %j', (text, modalities) => {
    expect(readModalityWishes(text)).toEqual(modalities);
  });

  it.each([
    "what broke in geo in the last hour",
    "geo just logs errors since 14:00",
    "why are there no logs from geo",
    "the logs say timeout",
    "show the logs",
    "ignore logs, metrics and traces",
    "only geo",
    "without luck",
    "the catalogs only",
  ])('sees no wish in "%s"', (text) => {
    expect(readModalityWishes(text)).toBeNull();
  });
});

import { describe, expect, it } from "vitest";
import { promptsWithout } from "../../../pipeline/hidden-names.ts";
import type { KnowledgeNote } from "../../../prompts/prompt-schema.ts";

const note = (id: string, text: string, when = ["metric:cpu"]): KnowledgeNote => ({ id, when, text });
const notes = [
  note("plain", "A high error rate follows from a full pool."),
  note("shown", "geo reads its index at start."),
  note("by-name", "Restart mongodb-geo when its pool is full."),
  note("by-word", "Ask the team of the service rate first."),
  note("by-mark", "The pool of `rate` has five connections."),
  note("for-service", "Its pool has five connections.", ["service:rate", "metric:cpu"]),
];
const withheld = (...services: string[]) => ({
  services: new Set(services),
  gap: { from: "access", reason: "failed" as const, detail: "" },
});
const idsWithout = (...services: string[]) =>
  promptsWithout({ prompts: new Map(), notes }, withheld(...services)).notes.map(({ id }) => id);

describe("knowledge notes where services are hidden", () => {
  it("go to no model where they name a hidden service, or are for one", () => {
    expect(idsWithout("mongodb-geo", "rate")).toEqual(["plain", "shown"]);
  });

  it("are all kept where nothing that they name is hidden", () => {
    expect(idsWithout("frontend")).toEqual(notes.map(({ id }) => id));
    expect(promptsWithout({ prompts: new Map(), notes }, undefined).notes).toEqual(notes);
  });
});

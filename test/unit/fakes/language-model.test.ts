import { describe } from "vitest";
import { languageModelContract } from "../../contract/language-model.ts";
import { fakeModel } from "../../fakes/language-model.ts";

describe("the fake language model", () => {
  languageModelContract({
    saying: async (text) => fakeModel(() => text),
    failing: async () => ({ model: fakeModel(() => ({ problem: "too-slow" })), problem: "too-slow" }),
  });
});

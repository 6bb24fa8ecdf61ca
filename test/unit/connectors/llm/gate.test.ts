import { describe } from "vitest";
import { localGate } from "../../../../connectors/llm/gate.ts";
import { gateContract } from "../../../contract/gate.ts";

describe("the gate of one process", () => {
  gateContract(
    async (concurrency) => localGate(concurrency),
    () => new Promise(setImmediate),
  );
});

import { appendFileSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import type { ChatRequest } from "../../jobs/chat.ts";
import { type Pipeline, serveDiagnoses } from "../../jobs/process-task.ts";
import { BotError } from "../../pipeline/errors.ts";
import { type ChatQuestion, stageNames } from "../../pipeline/types.ts";
import { fakeDiagnosis, fakeSummary } from "./fake-diagnosis.ts";

const fakeChatRequest: ChatRequest = {
  role: "expert",
  system: "Be brief.",
  user: "What broke?",
  answer: { name: "expert", schema: {} },
  maxAnswerTokens: 50,
  thinking: false,
  priority: "person",
  seed: 7,
};

/** Each run leaves its question, the program and the process here: what the queue did can be told. */
let runsFile = "";

/** A diagnosis process that does what the question says; "fine", like any other text, is answered. */
serveDiagnoses((data: { runsFile?: string; stateFolder?: string }, chat) => {
  runsFile = data.runsFile ?? join(data.stateFolder ?? "", "runs");
  const work: Pipeline["diagnose"] = async (question, signal, onStage) => {
    appendFileSync(runsFile, `${question.id} ${process.ppid} ${process.pid}\n`);
    for (const name of stageNames) {
      onStage({ name, state: "started", detail: "" });
      if (name === "collect") await misbehave(question, signal);
      onStage({ name, state: "done", detail: `${name} is done` });
    }
    if (question.text !== "ask the model") return fakeDiagnosis(question);
    const { answer, problem } = await chat(fakeChatRequest, signal);
    return { ...fakeDiagnosis(question), explanation: problem?.detail ?? answer };
  };
  return {
    diagnose: work,
    async summarize(question, signal, onStage) {
      const diagnosis = await work(question, signal, onStage, []);
      return { summary: fakeSummary(question), diagnoses: [diagnosis] };
    },
  };
});

function runsOf(id: string): number {
  return readFileSync(runsFile, "utf8")
    .split("\n")
    .filter((line) => line.startsWith(`${id} `)).length;
}

async function misbehave({ id, text }: ChatQuestion, signal: AbortSignal): Promise<void> {
  switch (text.replace(" in the last hour", "")) {
    case "unknown service":
      throw new BotError("service-unknown", 'There is no service "goe". Did you mean "geo"?');
    case "slow at first":
      if (runsOf(id) === 1) await sleep(30_000, null, { signal });
      return;
    case "source down at first":
      if (runsOf(id) > 1) return;
      throw new BotError("source-unavailable", "Loki did not answer in 10 s.");
    case "source down":
      throw new BotError("source-unavailable", "Loki did not answer in 10 s.");
    case "bug":
      throw new TypeError("cannot read properties of undefined");
    case "slow":
      await sleep(30_000, null, { signal });
      return;
    case "crash":
      process.stderr.write("a native addon broke\n");
      process.kill(process.pid, "SIGSEGV");
      await sleep(30_000);
      return;
    case "hungry":
      // As the system ends a process when memory runs out.
      process.kill(process.pid, "SIGKILL");
      await sleep(30_000);
      return;
    case "stuck":
      // Work that looks at no signal and leaves no turn to anyone.
      for (const end = Date.now() + 30_000; Date.now() < end; );
  }
}

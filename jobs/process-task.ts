import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { asBotError, BotError, type ErrorCode } from "../pipeline/errors.ts";
import type { KnownIncident } from "../pipeline/past-incident.ts";
import type { Summarized } from "../pipeline/summary/summarize.ts";
import type { ChatQuestion, Stage } from "../pipeline/types.ts";
import type { Chat, ChatReply, ChatRequest } from "./chat.ts";

/** To a process of the pool: `open` once and first, then one question at a time. */
export type ProcessOrder<Data = unknown> =
  | { readonly kind: "open"; readonly data: Data }
  | {
      readonly kind: "diagnose" | "summarize";
      readonly question: ChatQuestion;
      /** What the memory of incidents holds. */
      readonly known: readonly KnownIncident[];
    }
  | { readonly kind: "model-said"; readonly call: number; readonly reply: ChatReply }
  | { readonly kind: "model-stopped"; readonly call: number }
  | { readonly kind: "stop" };

/** From it: stages and calls of the model, then one of the others. A BotError's code would not survive the trip as an error. */
export type ProcessMessage =
  | { readonly kind: "stage"; readonly stage: Stage }
  | { readonly kind: "ask-model"; readonly call: number; readonly request: ChatRequest }
  | { readonly kind: "diagnosis"; readonly diagnosis: Diagnosis }
  | { readonly kind: "summary"; readonly summarized: Summarized }
  | { readonly kind: "failure"; readonly code: ErrorCode; readonly message: string }
  | { readonly kind: "bug"; readonly message: string; readonly stack: string };

type Work<Made> = (
  question: ChatQuestion,
  signal: AbortSignal,
  onStage: (stage: Stage) => void,
  known: readonly KnownIncident[],
) => Promise<Made>;

/** What a process of the pool can do. */
export interface Pipeline {
  readonly diagnose: Work<Diagnosis>;
  readonly summarize: Work<Summarized>;
}

/**
 * A pool process's side: answers questions until its parent ends it, or is gone.
 *
 * `open` is handed the pool's `processData`, before the first question, and the parent's way to the
 * language model: the parent holds the keys, and knows who else asks.
 */
export function serveDiagnoses<Data>(open: (data: Data, chat: Chat) => Pipeline): void {
  const parent = parentChat();
  let pipeline: Pipeline | null = null;
  let stop = new AbortController();
  process.on("message", (order: ProcessOrder<Data>) => {
    switch (order.kind) {
      case "open":
        pipeline = open(order.data, parent.chat);
        return;
      case "diagnose":
      case "summarize":
        if (pipeline === null) throw new Error("There is a question before the telemetry is named.");
        stop = new AbortController();
        void answer(pipeline, order, stop.signal).then(say);
        return;
      case "model-said":
        return parent.hear(order.call, order.reply);
      case "model-stopped":
        return parent.hear(order.call, null);
      case "stop":
        stop.abort();
        return;
    }
  });
  // Ctrl-C reaches every process of the terminal; when to end this one is the parent's to say.
  for (const name of ["SIGINT", "SIGTERM"] as const) process.on(name, () => {});
  // Not `exit`, which would tear Node down under native code that is still at work.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
}

/** Calls of the model through the parent. One that is stopped is ended there as well: the parent hears of the stop. */
function parentChat(): { readonly chat: Chat; hear(call: number, reply: ChatReply | null): void } {
  const open = new Map<number, (reply: ChatReply | null) => void>();
  let last = 0;
  return {
    chat: (request, signal) =>
      new Promise((resolve, reject) => {
        const call = ++last;
        const give = (reply: ChatReply | null) => {
          open.delete(call);
          signal.removeEventListener("abort", leave);
          if (reply === null) reject(new BotError("cancelled", "The diagnosis was stopped."));
          else resolve(reply);
        };
        const leave = () => give(null);
        if (signal.aborted) return leave();
        signal.addEventListener("abort", leave, { once: true });
        open.set(call, give);
        say({ kind: "ask-model", call, request });
      }),
    hear: (call, reply) => open.get(call)?.(reply),
  };
}

async function answer(
  pipeline: Pipeline,
  { kind, question, known }: Extract<ProcessOrder, { question: ChatQuestion }>,
  signal: AbortSignal,
): Promise<ProcessMessage> {
  const onStage = (stage: Stage) => say({ kind: "stage", stage });
  try {
    switch (kind) {
      case "diagnose":
        return { kind: "diagnosis", diagnosis: await pipeline.diagnose(question, signal, onStage, known) };
      case "summarize":
        return { kind: "summary", summarized: await pipeline.summarize(question, signal, onStage, known) };
    }
  } catch (error) {
    const known = asBotError(error);
    if (known !== null) return { kind: "failure", code: known.code, message: known.message };
    if (signal.aborted) return { kind: "failure", code: "cancelled", message: "The diagnosis was stopped." };
    const { message, stack } = error instanceof Error ? error : new Error(String(error));
    return { kind: "bug", message, stack: stack ?? message };
  }
}

function say(message: ProcessMessage): void {
  // Without the callback, a parent that is gone would be an uncaught error.
  process.send?.(message, () => {});
}

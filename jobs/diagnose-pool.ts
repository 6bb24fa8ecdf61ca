import { type ChildProcess, fork } from "node:child_process";
import type { Diagnosis } from "../pipeline/diagnosis.ts";
import { asBotError, BotError } from "../pipeline/errors.ts";
import { unansweredCall } from "../pipeline/model-call.ts";
import type { KnownIncident } from "../pipeline/past-incident.ts";
import type { Summarized } from "../pipeline/summary/summarize.ts";
import type { ChatQuestion } from "../pipeline/types.ts";
import type { Chat, ChatReply, ChatRequest } from "./chat.ts";
import type { ProcessMessage, ProcessOrder } from "./process-task.ts";
import type { StageListener } from "./store.ts";

export interface DiagnosePoolOptions {
  /** Calls `serveDiagnoses` (process-task.ts). */
  readonly processFile: URL;
  /** Handed to each process once, before its first question; what the structured clone takes. */
  readonly processData: unknown;
  readonly processes: number;
  /** Answers a process's calls of the language model for one question; null where there is none. */
  readonly chatOf?: ((questionId: string) => Chat) | null;
  /** How long a process may take to stop by itself before it is killed. */
  readonly stopMs?: number;
  /** Beyond one, a process that has had no question for this long is ended. */
  readonly idleMs?: number;
  /** Node's options for the processes, such as a loader. */
  readonly execArgv?: readonly string[];
}

export interface DiagnosePool {
  /**
   * Runs the pipeline in a process. Stages come in order, all before what is made.
   * Throws: BotError as the pipeline throws it, "cancelled" when `signal` or `close` stopped it; Error for a bug.
   */
  diagnose(
    question: ChatQuestion,
    onStage: StageListener,
    signal: AbortSignal,
    known?: readonly KnownIncident[],
  ): Promise<Diagnosis>;
  /** The same for a question about a whole period. */
  summarize(
    question: ChatQuestion,
    onStage: StageListener,
    signal: AbortSignal,
    known?: readonly KnownIncident[],
  ): Promise<Summarized>;
  /** Ends the processes, whatever they do. */
  close(): Promise<void>;
}

/** One process, with one question at a time. */
interface Member {
  readonly child: ChildProcess;
  /** Resolves when it has ended, with how. */
  readonly gone: Promise<Error>;
  /** Hears of its end. Not through `gone`, which would keep each answer for as long as the process lives. */
  onGone: (end: Error) => void;
  /** How it has ended; null while it runs. */
  end: Error | null;
  idleTimer: NodeJS.Timeout | null;
}

type QuestionOrder = Extract<ProcessOrder, { question: ChatQuestion }>;
type MadeMessage = Extract<ProcessMessage, { kind: "diagnosis" | "summary" }>;

const lastWords = 4_000;

/**
 * Processes for the CPU work, so that the event loop stays free for locks, stages and other questions.
 *
 * Processes and not threads: Node ends a thread by tearing down its environment, and when a native
 * addon (DuckDB) is loading or at work there, the whole program dies of an uncaught C++ exception; so it
 * did in one of ten interrupts. A process that only reads files can be killed at any moment. A crash or
 * a want of memory, too, costs one diagnosis and not the program. Measured, on two cores of a container:
 * 0.03 s later to the first stage than a thread, and 45 MB more for each.
 */
export function diagnosePool(options: DiagnosePoolOptions): DiagnosePool {
  const { processes, stopMs = 2_000, idleMs = 60_000 } = options;
  const members = new Set<Member>();
  const idle: Member[] = [];
  /** Those in line for a member, first come, first served. */
  const line: ((member: Member) => void)[] = [];
  const closing = new AbortController();

  function start(): Member {
    const member = startMember(options);
    members.add(member);
    void member.gone.then(() => {
      members.delete(member);
      remove(idle, member);
      serveLine();
    });
    return member;
  }

  function serveLine(): void {
    while (line.length > 0 && !closing.signal.aborted) {
      const member = idle.pop() ?? (members.size < processes ? start() : null);
      if (member === null) return;
      if (member.idleTimer !== null) clearTimeout(member.idleTimer);
      line.shift()?.(member);
    }
  }

  function free(member: Member): void {
    if (!members.has(member)) return;
    idle.push(member);
    serveLine();
    if (!idle.includes(member)) return;
    member.idleTimer = setTimeout(() => {
      if (idle.length > 1) member.child.kill("SIGKILL");
    }, idleMs).unref();
  }

  async function take(signal: AbortSignal): Promise<Member> {
    return new Promise((resolve, reject) => {
      const leave = () => {
        remove(line, hand);
        reject(cancelled());
      };
      const hand = (member: Member) => {
        signal.removeEventListener("abort", leave);
        resolve(member);
      };
      signal.addEventListener("abort", leave, { once: true });
      line.push(hand);
      serveLine();
    });
  }

  // It starts loading the pipeline at once, while Redis is still being reached.
  idle.push(start());

  async function run(order: QuestionOrder, onStage: StageListener, asked: AbortSignal): Promise<MadeMessage> {
    const signal = AbortSignal.any([asked, closing.signal]);
    if (signal.aborted) throw cancelled();
    const member = await take(signal);
    try {
      return await answerIn(
        member,
        order,
        { onStage, chat: options.chatOf?.(order.question.id) ?? null },
        signal,
        stopMs,
      );
    } finally {
      free(member);
    }
  }

  return {
    async diagnose(question, onStage, signal, known = []) {
      const made = await run({ kind: "diagnose", question, known }, onStage, signal);
      if (made.kind !== "diagnosis") throw new Error("The process made a summary of a question.");
      return made.diagnosis;
    },
    async summarize(question, onStage, signal, known = []) {
      const made = await run({ kind: "summarize", question, known }, onStage, signal);
      if (made.kind !== "summary") throw new Error("The process made a diagnosis of a period.");
      return made.summarized;
    },
    async close() {
      closing.abort();
      const ending = [...members];
      for (const { child } of ending) child.kill("SIGKILL");
      await Promise.all(ending.map(({ gone }) => gone));
    },
  };
}

function startMember({ processFile, processData, execArgv }: DiagnosePoolOptions): Member {
  const child = fork(processFile, {
    // Keeps what JSON loses, such as NaN.
    serialization: "advanced",
    stdio: ["ignore", "ignore", "pipe", "ipc"],
    ...(execArgv === undefined ? {} : { execArgv: [...execArgv] }),
  });
  let words = "";
  child.stderr?.setEncoding("utf8").on("data", (text: string) => {
    words = (words + text).slice(-lastWords);
  });
  const gone = new Promise<Error>((resolve) => {
    // It could not be started.
    child.once("error", resolve);
    // Only "close" comes after the last message; "exit" may overtake it.
    child.once("close", (code, by) => resolve(endOf(by ?? `exit code ${code}`, words)));
  });
  // Of a message that no longer reached it; `gone` says so to who waits.
  child.on("error", () => {});
  tell(child, { kind: "open", data: processData });
  const member: Member = { child, gone, onGone: () => {}, end: null, idleTimer: null };
  void gone.then((end) => {
    member.end = end;
    member.onGone(end);
  });
  return member;
}

async function answerIn(
  member: Member,
  order: QuestionOrder,
  { onStage, chat }: { readonly onStage: StageListener; readonly chat: Chat | null },
  signal: AbortSignal,
  stopMs: number,
): Promise<MadeMessage> {
  const { child } = member;
  // Calls of the model end with what asked for them, however that ends.
  const over = new AbortController();
  let killTimer: NodeJS.Timeout | null = null;
  let hear: (message: ProcessMessage) => void = () => {};
  const onAbort = () => {
    tell(child, { kind: "stop" });
    killTimer = setTimeout(() => child.kill("SIGKILL"), stopMs);
  };
  try {
    return await new Promise<MadeMessage>((resolve, reject) => {
      hear = (message) => {
        switch (message.kind) {
          case "stage":
            return onStage(message.stage);
          case "ask-model":
            return void askModel(child, message, chat, AbortSignal.any([signal, over.signal]));
          case "diagnosis":
          case "summary":
            return resolve(message);
          case "failure":
            return reject(new BotError(message.code, message.message));
          case "bug":
            return reject(Object.assign(new Error(message.message), { stack: message.stack }));
        }
      };
      child.on("message", hear);
      signal.addEventListener("abort", onAbort, { once: true });
      member.onGone = (end) => reject(signal.aborted ? cancelled() : end);
      if (member.end !== null) member.onGone(member.end);
      tell(child, order);
      if (signal.aborted) onAbort();
    });
  } finally {
    over.abort();
    member.onGone = () => {};
    child.off("message", hear);
    signal.removeEventListener("abort", onAbort);
    if (killTimer !== null) clearTimeout(killTimer);
  }
}

async function askModel(
  child: ChildProcess,
  { call, request }: { readonly call: number; readonly request: ChatRequest },
  chat: Chat | null,
  signal: AbortSignal,
): Promise<void> {
  try {
    if (chat === null) throw new Error("A process asks for a language model, and none is configured.");
    tell(child, { kind: "model-said", call, reply: await chat(request, signal) });
  } catch (error) {
    if (asBotError(error)?.code === "cancelled") return tell(child, { kind: "model-stopped", call });
    // A bug, or Redis is away and cannot say whose turn it is: the process goes on without the model.
    const { message: detail } = error instanceof Error ? error : new Error(String(error));
    tell(child, {
      kind: "model-said",
      call,
      reply: failedReply(`The language model could not be asked: ${detail}`),
    });
  }
}

function failedReply(detail: string): ChatReply {
  return {
    model: "",
    ...unansweredCall,
    problem: { reason: "unavailable", detail },
  };
}

function tell(child: ChildProcess, order: ProcessOrder): void {
  // An order to one that has just ended is no error of its own: its end is heard of.
  if (child.connected) child.send(order, () => {});
}

function endOf(how: string, words: string): Error {
  const cause = new Error(words === "" ? "It said nothing." : words);
  // SIGKILL is what Linux ends the largest process with when memory runs out.
  if (/out of memory/i.test(words) || how === "SIGKILL") {
    const message = `The process of the diagnosis ended (${how}), probably for want of memory.`;
    return new Error(`${message} Ask about a shorter window, or lower pipeline.limits.`, { cause });
  }
  return new Error(`The process of the diagnosis ended (${how}).`, { cause });
}

function remove<Item>(items: Item[], item: Item): void {
  const index = items.indexOf(item);
  if (index >= 0) items.splice(index, 1);
}

function cancelled(): BotError {
  return new BotError("cancelled", "The diagnosis was stopped.");
}

import { type ChildProcess, fork } from "node:child_process";

export interface ProcessAnswer {
  /** What it sent last; null when it ended without a word. */
  readonly reply: unknown;
  /** Its exit code or the signal that ended it. */
  readonly how: string;
  /** The end of what it wrote to its error stream. */
  readonly words: string;
  readonly isLate: boolean;
}

export interface AskProcessOptions {
  /** A process that takes longer is killed. */
  readonly limitMs: number;
  /** Node's options for it, such as a loader. */
  readonly execArgv?: readonly string[];
  /** Hears every message; the last one is the answer. */
  readonly onMessage?: (message: unknown) => void;
}

const mostWords = 4000;

/**
 * Starts a process for one piece of work: one message in, its last message is the answer. It has ended when
 * this resolves, killed where `signal` was aborted or the limit passed.
 */
export async function askProcess(
  entry: string,
  input: object,
  signal: AbortSignal,
  { limitMs, execArgv = [], onMessage = () => {} }: AskProcessOptions,
): Promise<ProcessAnswer> {
  const child = fork(entry, { execArgv: [...execArgv], stdio: ["ignore", "ignore", "pipe", "ipc"] });
  let reply: unknown = null;
  let words = "";
  let isLate = false;
  // Killed, not asked: it only reads, and a native call would not hear a request.
  const end = () => void child.kill("SIGKILL");
  const limit = setTimeout(() => {
    isLate = true;
    end();
  }, limitMs);
  signal.addEventListener("abort", end, { once: true });
  if (signal.aborted) end();
  child.stderr?.setEncoding("utf8").on("data", (chunk: string) => {
    words = (words + chunk).slice(-mostWords);
  });
  child.on("message", (message) => {
    reply = message;
    onMessage(message);
  });
  const ended = endOf(child);
  child.send(input, (error) => {
    if (error !== null) words += error.message;
  });
  const how = await ended;
  clearTimeout(limit);
  signal.removeEventListener("abort", end);
  return { reply, how, words, isLate };
}

function endOf(child: ChildProcess): Promise<string> {
  return new Promise((resolve) => {
    child.once("error", (error) => resolve(error.message));
    // Not "exit": only "close" comes after the last message.
    child.once("close", (code, by) => resolve(by === null ? `exit code ${code}` : by));
  });
}

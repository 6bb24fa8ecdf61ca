import { createInterface } from "node:readline";
import type { Readable, Writable } from "node:stream";
import { styleText } from "node:util";
import type { EpochMs } from "../../../pipeline/types.ts";
import type { Reply, TimeRequest } from "../../reply.ts";
import type { ChatMessage, ChatSurface, MessageRef, ThreadRef } from "../../surface.ts";
import { type Line, type Paint, printed } from "./layout.ts";
import { type ProgressLine, progressLine } from "./progress.ts";
import { summaryLines } from "./summary.ts";
import { answerLines, failureLines, timeRequestLines, wordsLines } from "./thread.ts";

/** A stream as the terminal surface needs it; the process's own streams fit. */
export interface Screen extends Writable {
  readonly isTTY?: boolean;
  readonly columns?: number;
}
export interface Keyboard extends Readable {
  readonly isTTY?: boolean;
}

export interface TerminalOptions {
  readonly input: Keyboard;
  /** Answers go here. */
  readonly output: Screen;
  /** Progress and errors go here, so that answers can be piped. */
  readonly errors: Screen;
  readonly timeZone: string;
  readonly now: () => EpochMs;
  readonly stopwatch: () => number;
  readonly newId: () => string;
  /** `quiet`: print progress and errors only, the caller prints the answer. */
  readonly answers: "print" | "quiet";
  /** How to get what a short answer leaves out. */
  readonly hint: string;
  /** Ctrl-C at the prompt, where the terminal sends no signal. */
  readonly onInterrupt: () => void;
}

const narrowest = 40;
const widest = 110;
const widthElsewhere = 100;
const leaving = /^\s*(exit|quit|bye)\s*$/i;
const thread: ThreadRef = { surface: "terminal", thread: "terminal" };

/** The terminal as a place to ask: one thread, answers on `output`, progress and errors on `errors`. */
export function terminal(options: TerminalOptions): ChatSurface & { message(text: string): ChatMessage } {
  const { input, output, errors } = options;
  const talking = input.isTTY === true && output.isTTY === true;
  let running: ProgressLine | null = null;
  let choices: TimeRequest["choices"] = [];
  let lines: ReturnType<typeof createInterface> | null = null;
  let posts = 0;

  function print(screen: Screen, content: readonly Line[]): void {
    screen.write(printed(content, paintOn(screen)));
  }

  function stopProgress(): void {
    running?.stop();
    running = null;
  }

  function show(reply: Reply): void {
    if (reply.kind !== "progress") stopProgress();
    const width = widthOf(output);
    switch (reply.kind) {
      case "progress":
        running ??= progressLine({
          write: (text) => errors.write(text),
          live: errors.isTTY === true,
          paint: paintOn(errors),
          stopwatch: options.stopwatch,
        });
        running.show(reply);
        return;
      case "answer":
        if (options.answers === "print") print(output, answerLines(reply, width, options.hint));
        return;
      case "summary":
        if (options.answers === "print") print(output, summaryLines(reply, width));
        return;
      case "time-request":
        choices = reply.choices;
        print(output, timeRequestLines(reply, width));
        return;
      case "words":
        if (options.answers === "print") print(output, wordsLines(reply, width));
        return;
      case "failure":
        print(errors, failureLines(reply));
        return;
    }
  }

  /** What a typed line says: the number of a choice stands for its text. */
  function said(line: string): string {
    const chosen = choices[Number(line.trim()) - 1];
    choices = [];
    return chosen === undefined ? line : chosen.text;
  }

  function message(text: string): ChatMessage {
    const { timeZone } = options;
    return { id: options.newId(), thread, text, at: options.now(), timeZone, from: null, about: null };
  }

  return {
    name: "terminal",
    canAsk: talking && options.answers === "print",
    message,
    async start(onMessage) {
      const reader = createInterface({
        input,
        terminal: talking,
        ...(talking ? { output } : {}),
        prompt: "> ",
      });
      lines = reader;
      reader.on("SIGINT", () => {
        reader.close();
        options.onInterrupt();
      });
      if (talking) reader.prompt();
      for await (const line of reader) {
        if (leaving.test(line)) break;
        if (line.trim() !== "") await onMessage(message(said(line)));
        if (talking) reader.prompt();
      }
      reader.close();
    },
    async post(_thread, reply) {
      show(reply);
      posts += 1;
      return { thread, id: String(posts) };
    },
    async update(message: MessageRef, reply) {
      show(reply);
      return message;
    },
    async stop() {
      stopProgress();
      lines?.close();
    },
  };
}

/** Colours only on a terminal, and there as node:util reads NO_COLOR and FORCE_COLOR. */
function paintOn(screen: Screen): Paint {
  if (screen.isTTY !== true) return (_format, text) => text;
  // One format at a time: Node 20 paints with several even where NO_COLOR is set.
  return (format, text) =>
    [format].flat().reduce((painted, one) => styleText(one, painted, { stream: screen }), text);
}

function widthOf(screen: Screen): number {
  // Some terminals, and those of build servers, say that they are 0 wide.
  const columns = screen.columns || widthElsewhere;
  return Math.min(widest, Math.max(narrowest, columns));
}

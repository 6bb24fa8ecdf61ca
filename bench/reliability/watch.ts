import { connect, type Socket } from "node:net";
import { stageNames } from "../../pipeline/types.ts";

/** What can be seen in Redis of a question's way, in its order. */
export const redisMoments = [
  "message-saved",
  "question-open",
  ...stageNames.map((name) => `stage-${name}` as const),
  "diagnosis-saved",
  "answer-left",
  "settled",
  "about-to-post",
  "posted",
] as const;
export type RedisMoment = (typeof redisMoments)[number];

export interface Watch {
  close(): void;
}

const retryMs = 50;

/**
 * Watches every command that Redis carries out, and tells which moment of a question's way it is and the
 * local port that it came from. Connects again whenever Redis was away.
 */
export function watchRedis(port: number, onMoment: (moment: RedisMoment, port: number) => void): Watch {
  let isClosed = false;
  let socket: Socket | null = null;

  function watch(): void {
    const opened = connect(port, "127.0.0.1", () => opened.write("MONITOR\r\n"));
    socket = opened;
    // A script's commands come after its own line, which alone says whose it is.
    let from = 0;
    let rest = "";
    opened.setEncoding("latin1").on("data", (text: string) => {
      const lines = (rest + text).split("\r\n");
      rest = lines.pop() ?? "";
      for (const line of lines) {
        const { source, words } = readLine(line);
        if (source !== "lua") from = Number(source.split(":").at(-1));
        const moment = momentOf(words);
        if (moment !== null) onMoment(moment, from);
      }
    });
    opened.on("error", () => undefined);
    opened.once("close", () => {
      if (!isClosed) setTimeout(watch, retryMs);
    });
  }

  watch();
  return {
    close() {
      isClosed = true;
      socket?.destroy();
    },
  };
}

/** `+1795548003.527534 [0 127.0.0.1:4242] "HSET" "key" …`; of a long line the first words are enough. */
function readLine(line: string): { readonly source: string; readonly words: readonly string[] } {
  const source = /^\+[\d.]+ \[\d+ ([^\]]+)\]/.exec(line)?.[1] ?? "";
  const words = [...line.matchAll(/"((?:[^"\\]|\\.)*)"/g)].map(([, word = ""]) =>
    word.replaceAll('\\"', '"'),
  );
  return { source, words };
}

/** Null for a command that says nothing of the kind. */
export function momentOf([command = "", key = "", ...rest]: readonly string[]): RedisMoment | null {
  switch (command.toLowerCase()) {
    case "rpush":
      return /:lane:inbox-[^:]+:[0-9a-f]+$/.test(key) ? "message-saved" : null;
    case "hsetnx":
      return key.endsWith(":open") ? "question-open" : null;
    case "set":
      if (key.includes(":diagnosis:")) return "diagnosis-saved";
      return key.includes(":settled:") ? "settled" : null;
    case "hset":
      return key.includes(":message:outbox-") ? momentOfMessage(rest) : momentOfProgress(rest);
    default:
      return null;
  }
}

function momentOfMessage(rest: readonly string[]): RedisMoment | null {
  if (rest.includes("tried")) return "about-to-post";
  if (rest.includes("sent")) return "posted";
  const final = rest.indexOf("final");
  return final >= 0 && rest[final + 1] === "1" ? "answer-left" : null;
}

/** A job's progress holds its stages so far. */
function momentOfProgress([field, value = ""]: readonly string[]): RedisMoment | null {
  if (field !== "progress") return null;
  const started = [...value.matchAll(/"name":"([a-z]+)","state":"started"/g)].at(-1)?.[1];
  const name = stageNames.find((stage) => stage === started);
  return name === undefined ? null : `stage-${name}`;
}

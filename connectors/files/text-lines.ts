import { createReadStream } from "node:fs";
import { createGunzip } from "node:zlib";
import { throwIfAborted } from "../throw-if-aborted.ts";

const chunkBytes = 1024 * 1024;
/** A collector's batch of 8,192 spans is 5 to 10 MB; what is longer is no line of telemetry. */
const longestLine = 64 * 1024 * 1024;
const newline = 0x0a;

/** A stretch of a file, in bytes: from `start`, up to `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** A line of a file without its line end; `text` is null where it is too long to be held. */
export interface TextLine {
  readonly text: string | null;
  /** Of its first byte, and behind its line end. Of compressed files, in their text. */
  readonly start: number;
  readonly end: number;
  /** False where the file ends without a line end: it may still be written. */
  readonly whole: boolean;
}

/**
 * Reads a file line by line; memory stays in proportion to the longest line. Null when all went well,
 * else what is wrong with a compressed file.
 *
 * Throws: the error of the file system; BotError "cancelled".
 */
export async function eachLine(
  path: string,
  gzip: boolean,
  range: ByteRange | null,
  signal: AbortSignal,
  onLine: (line: TextLine) => void,
): Promise<string | null> {
  if (range !== null && range.start >= range.end) return null;
  const within = range === null || gzip ? {} : { start: range.start, end: range.end - 1 };
  const file = createReadStream(path, { highWaterMark: chunkBytes, ...within });
  const unzip = createGunzip();
  const stream = gzip ? file.on("error", (error) => unzip.destroy(error)).pipe(unzip) : file;
  const cut = lineCutter(within.start ?? 0, onLine);
  try {
    for await (const chunk of stream) {
      throwIfAborted(signal);
      cut.add(chunk);
    }
  } catch (error) {
    throwIfAborted(signal, error);
    const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
    if (!code.startsWith("Z_")) throw error;
    return code === "Z_BUF_ERROR" ? "it was cut off" : "its compressed data is damaged";
  } finally {
    file.destroy();
  }
  cut.end();
  return null;
}

function lineCutter(from: number, onLine: (line: TextLine) => void) {
  let parts: Buffer[] = [];
  let held = 0;
  let start = from;
  let length = 0;
  const keep = (part: Buffer) => {
    length += part.length;
    if (length > longestLine) {
      parts = [];
      held = 0;
    } else if (part.length > 0) {
      parts.push(part);
      held += part.length;
    }
  };
  const give = (whole: boolean) => {
    const end = start + length + (whole ? 1 : 0);
    const bytes = parts.length === 1 ? parts[0] : Buffer.concat(parts, held);
    const text = length > longestLine ? null : (bytes?.toString("utf8") ?? "");
    onLine({ text, start, end, whole });
    start = end;
    parts = [];
    held = 0;
    length = 0;
  };
  return {
    add(chunk: Buffer) {
      let at = 0;
      for (let next = chunk.indexOf(newline); next >= 0; next = chunk.indexOf(newline, at)) {
        keep(chunk.subarray(at, next));
        give(true);
        at = next + 1;
      }
      keep(chunk.subarray(at));
    },
    end() {
      if (length > 0) give(false);
    },
  };
}

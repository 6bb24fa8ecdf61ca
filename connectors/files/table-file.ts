import { createReadStream } from "node:fs";
import { open, stat } from "node:fs/promises";
import { finished } from "node:stream/promises";
import { constants, createGunzip, gunzipSync } from "node:zlib";
import type { Gap } from "../../pipeline/types.ts";

const headBytes = 64 * 1024;
/** Inflates to about as much text. */
const gzipHeadBytes = 12 * 1024;
/** What deflate can reach; a length in the trailer beyond it is no length. */
const deflateLimit = 1032;
const suffixes: readonly (readonly [string, Encoding, boolean])[] = [
  [".csv", "csv", false],
  [".csv.gz", "csv", true],
  [".jsonl", "jsonl", false],
  [".jsonl.gz", "jsonl", true],
  [".ndjson", "jsonl", false],
  [".ndjson.gz", "jsonl", true],
  [".parquet", "parquet", false],
];

type Encoding = "csv" | "jsonl" | "parquet";

/** A file that is what its name says. */
export interface TableFile {
  readonly path: string;
  /** Relative to the source's folder; for messages. */
  readonly name: string;
  readonly bytes: number;
  readonly encoding: Encoding;
  readonly gzip: boolean;
  readonly delimiter: string;
  /** CSV: of the first line. Otherwise empty. */
  readonly columns: readonly string[];
  /** The first lines as text, for layouts that have more than one header line. Empty for Parquet. */
  readonly head: readonly string[];
  /** The gzip trailer does not fit the file: it may have been cut off. */
  readonly suspect: boolean;
  /** Some lines end in CR LF and some in LF, which DuckDB's parser takes for one or the other. */
  readonly mixedLineEnds: boolean;
}

/** A file that cannot be read, and what was found instead of it. */
export interface Unusable {
  readonly name: string;
  readonly found: string;
}

export function isUnusable(file: TableFile | Unusable): file is Unusable {
  return "found" in file;
}

export function unusableGap(from: string, file: Unusable): Gap {
  return { from, reason: "broken-rows", detail: `${file.name} could not be read: ${file.found}.` };
}

/** The encoding a name promises, and its stem; null for names this connector does not read. */
export function encodingOf(name: string): { encoding: Encoding; gzip: boolean; stem: string } | null {
  const lower = name.toLowerCase();
  for (const [suffix, encoding, gzip] of suffixes) {
    if (lower.endsWith(suffix)) return { encoding, gzip, stem: name.slice(0, -suffix.length) };
  }
  return null;
}

/** Looks at the first bytes of a file. Never throws: what is wrong with it is part of the answer. */
export async function lookAt(path: string, name: string): Promise<TableFile | Unusable> {
  const promised = encodingOf(name);
  if (promised === null) return { name, found: "its name ends in no format that is read here" };
  try {
    const status = await stat(path);
    if (status.isDirectory()) return { name, found: "it is a folder" };
    if (!status.isFile()) return { name, found: "it is no regular file" };
    if (status.size === 0) return { name, found: "it is empty" };
    return await identify(path, name, status.size, promised);
  } catch (error) {
    return { name, found: reasonOf(error) };
  }
}

async function identify(
  path: string,
  name: string,
  bytes: number,
  promised: { encoding: Encoding; gzip: boolean },
): Promise<TableFile | Unusable> {
  const { encoding, gzip } = promised;
  const { first, last } = await readEnds(path, bytes, gzip ? gzipHeadBytes : headBytes);
  const found = magicOf(first);
  const expected = gzip ? "gzip" : encoding === "parquet" ? "Parquet" : "text";
  if (found !== expected) return { name, found: `by its name it is ${expected}, but it holds ${found}` };
  const file = { path, name, bytes, encoding, gzip };
  if (encoding === "parquet") {
    if (last.toString("latin1") !== "PAR1") return { name, found: "the end of the Parquet file is missing" };
    return { ...file, delimiter: ",", columns: [], head: [], suspect: false, mixedLineEnds: false };
  }
  const start = gzip ? inflateHead(first) : first;
  if (start === null) return { name, found: "it starts as gzip, but cannot be decompressed" };
  if (gzip && start.length === 0) return { name, found: "nothing can be decompressed from it" };
  const text = start.toString("utf8").replace(/^\uFEFF/, "");
  const head = text.split(/\r\n|\n|\r/);
  const mixedLineEnds = text.includes("\r\n") && /(^|[^\r])\n/.test(text);
  const header = head[0] ?? "";
  if (magicOf(start) !== "text") return { name, found: `its content is no text but ${magicOf(start)}` };
  const delimiter = delimiterOf(header);
  const columns = encoding === "csv" ? splitLine(header, delimiter) : [];
  const suspect = gzip && !isPlausibleLength(last.readUInt32LE(0), bytes);
  return { ...file, delimiter, columns, head, suspect, mixedLineEnds };
}

/** The first bytes of a file as text, decompressed where its name says so; null where that is not to be had. */
export async function readHead(path: string, name: string): Promise<string | null> {
  try {
    const { size } = await stat(path);
    const gzip = name.toLowerCase().endsWith(".gz");
    const { first } = await readEnds(path, size, gzip ? gzipHeadBytes : headBytes);
    const head = gzip ? inflateHead(first) : first;
    return head === null ? null : head.toString("utf8").replace(/^\uFEFF/, "");
  } catch {
    return null;
  }
}

async function readEnds(path: string, bytes: number, most: number): Promise<{ first: Buffer; last: Buffer }> {
  const file = await open(path, "r");
  try {
    const first = Buffer.alloc(Math.min(bytes, most));
    await file.read(first, 0, first.length, 0);
    const last = Buffer.alloc(4);
    await file.read(last, 0, 4, Math.max(0, bytes - 4));
    return { first, last };
  } finally {
    await file.close();
  }
}

function magicOf(bytes: Buffer): string {
  const start = bytes.subarray(0, 4).toString("latin1");
  if (start.startsWith("\u001f\u008b")) return "gzip";
  if (start === "PAR1") return "Parquet";
  if (start.startsWith("PK")) return "a zip archive";
  if (start === "(\u00b5/\u00fd") return "zstandard";
  if (start.startsWith("BZh")) return "bzip2";
  if (start.startsWith("\u00ff\u00fe") || start.startsWith("\u00fe\u00ff")) return "UTF-16 text";
  const sample = bytes.subarray(0, 4096);
  const zeros = sample.reduce((count, byte) => count + (byte === 0 ? 1 : 0), 0);
  return zeros > sample.length / 100 ? "binary data" : "text";
}

function inflateHead(first: Buffer): Buffer | null {
  try {
    return gunzipSync(first, { finishFlush: constants.Z_SYNC_FLUSH });
  } catch {
    return null;
  }
}

/** The trailer of a whole gzip file ends in the length of its text, which bounds it from both sides. */
function isPlausibleLength(length: number, bytes: number): boolean {
  const stored = bytes - 18;
  if (bytes > 2 ** 31) return true;
  return length >= stored / 2 && length <= bytes * deflateLimit;
}

/** The separator that the header line has most of: comma, tab or semicolon. */
function delimiterOf(header: string): string {
  let best = ",";
  let most = header.split(",").length;
  for (const delimiter of ["\t", ";"]) {
    const parts = header.split(delimiter).length;
    if (parts > most) {
      best = delimiter;
      most = parts;
    }
  }
  return best;
}

/** The fields of one CSV line; a quote that stays open ends with the line. */
export function splitLine(line: string, delimiter: string): string[] {
  const fields: string[] = [];
  let field = "";
  let quoted = false;
  for (let i = 0; i < line.length; i++) {
    const character = line.charAt(i);
    if (quoted) {
      if (character !== '"') field += character;
      else if (line.charAt(i + 1) === '"') {
        field += '"';
        i++;
      } else quoted = false;
    } else if (character === '"' && field === "") quoted = true;
    else if (character === delimiter) {
      fields.push(field);
      field = "";
    } else field += character;
  }
  fields.push(field);
  return fields;
}

/**
 * Decompresses the whole file and says what is wrong with it; null when nothing is. DuckDB takes the
 * end of a cut-off gzip file for the end of its text, so rows would go missing without a word.
 */
export async function findGzipDamage(file: TableFile, signal: AbortSignal): Promise<string | null> {
  if (!file.gzip) return null;
  const unzip = createReadStream(file.path, { signal })
    .on("error", (error) => unzip.destroy(error))
    .pipe(createGunzip());
  unzip.resume();
  try {
    await finished(unzip);
    return null;
  } catch (error) {
    if (signal.aborted) throw error;
    const code = typeof error === "object" && error !== null && "code" in error ? error.code : null;
    return code === "Z_BUF_ERROR" ? "it was cut off" : "its compressed data is damaged";
  }
}

/** A failed file operation in words, without the path. */
export function reasonOf(error: unknown): string {
  const code = typeof error === "object" && error !== null && "code" in error ? String(error.code) : "";
  switch (code) {
    case "EACCES":
    case "EPERM":
      return "there is no permission to read it";
    case "ENOENT":
      return "it does not exist";
    case "ELOOP":
      return "its links go in a circle";
    case "ENOTDIR":
      return "it is no folder";
    default:
      return code === "" ? "it is unreadable" : `the system says ${code}`;
  }
}

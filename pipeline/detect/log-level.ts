export type LogLevel = "fatal" | "error" | "warn" | "info" | "debug";

const named: readonly (readonly [RegExp, LogLevel])[] = [
  [/^(fatal|emerg|alert|crit|panic)/i, "fatal"],
  [/^(err|severe)/i, "error"],
  [/^warn/i, "warn"],
  [/^(info|notice)/i, "info"],
  [/^(debug|trace|fine|verbose)/i, "debug"],
];

const bracketed =
  /(?:^|[\s[(|])(FATAL|PANIC|CRITICAL|SEVERE|ERROR|WARN(?:ING)?|INFO|DEBUG|TRACE)(?=[\s\]):|]|$)/;
const fatalWord =
  /\b(panic|fatal|out of memory|OutOfMemoryError|OOMKilled|segmentation fault|core dumped)\b/i;
const errorWord =
  /\b\w*(exception|error)\b(?!\s*[:=]?\s*(0|null|none|false)\b)|\b(failed|failure|refused|unreachable|unavailable|no reachable|timed? ?out|aborted|rejected)\b/i;
const warnWord = /\b(warn(ing)?|retry(ing)?|deprecated|slow)\b/i;
/** A level named inside the line stands near its beginning. */
const headLength = 80;

/** How bad a line is: what its source says, else what the line says of itself, else by its words. */
export function logLevel(level: string | null, body: string): LogLevel {
  const said = level?.trim() || bracketed.exec(body.slice(0, headLength))?.[1] || "";
  const found = named.find(([words]) => words.test(said));
  if (found !== undefined) return found[1];
  if (fatalWord.test(body)) return "fatal";
  if (errorWord.test(body)) return "error";
  return warnWord.test(body) ? "warn" : "info";
}

/** How much a change of lines of this level counts. Source: ALGORITHMS 9, the log scorer. */
export function levelWeight(level: LogLevel): number {
  switch (level) {
    case "fatal":
      return 5;
    case "error":
      return 3;
    case "warn":
      return 1;
    case "info":
    case "debug":
      return 0.2;
  }
}

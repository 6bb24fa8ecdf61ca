import { createHash } from "node:crypto";
import { readFile, writeFile } from "node:fs/promises";
import { type Asked, type LocalServer, listen } from "./local-server.ts";

type Answers = Record<string, { readonly status: number; readonly body: unknown }>;

/** What a real server answered, by request, about telemetry that begins at `start`. */
interface Recording {
  readonly start: number;
  readonly answers: Answers;
}

/** Passes every request on to a real server and keeps its answers; `save` writes them into a file. */
export async function recordingProxy(
  target: string,
  start: number,
): Promise<LocalServer & { save(file: string): Promise<void> }> {
  const answers: Answers = {};
  const server = await listen(async (asked) => {
    const { method, url, body } = asked;
    const answer = await fetch(`${target}${url}`, {
      method,
      ...(body === "" ? {} : { body, headers: { "content-type": "application/json" } }),
    });
    const recorded = { status: answer.status, body: scrubbed(await answer.text()) };
    answers[keyOf(asked)] ??= recorded;
    return recorded;
  });
  const lines = () =>
    Object.entries(answers).map(([key, answer]) => `${JSON.stringify(key)}: ${JSON.stringify(answer)}`);
  const save = (file: string) =>
    writeFile(file, `{"start": ${start}, "answers": {\n${lines().join(",\n")}\n}}\n`);
  return { ...server, save };
}

/** Answers as the real server did; what was not recorded is noted in `refused`. */
export async function replayServer(
  file: URL,
  refused: string[],
): Promise<LocalServer & { readonly start: number }> {
  const { start, answers }: Recording = JSON.parse(await readFile(file, "utf8"));
  const server = await listen(async (asked) => {
    const answer = answers[keyOf(asked)];
    if (answer === undefined) refused.push(`${asked.method} ${asked.url} ${asked.body}`);
    return answer ?? { status: 400, body: { error: "not recorded" } };
  });
  return { ...server, start };
}

/** Ids of points in time are long and new every time: the requests that carry one are known without it. */
function keyOf({ method, url, body }: Asked): string {
  const [path, query = ""] = url.split("?");
  const pairs = [...new URLSearchParams(query)].map((pair) => pair.join("=")).sort();
  const text = body.replace(/"(id|pit_id)":("[^"]*"|\["[^"]*"\])/g, '"$1":"…"');
  const short = text.length > 300 ? `sha256 ${createHash("sha256").update(text).digest("hex")}` : text;
  return [method, path, pairs.join("&"), short].join(" ");
}

/** Without the statistics that servers add to their answers. */
function scrubbed(text: string): unknown {
  const body: unknown = JSON.parse(text);
  if (typeof body === "object" && body !== null && "data" in body) {
    const { data } = body;
    if (typeof data === "object" && data !== null && "stats" in data) Reflect.deleteProperty(data, "stats");
  }
  return body;
}

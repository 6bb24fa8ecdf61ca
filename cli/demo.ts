import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join, resolve } from "node:path";
import { BotError } from "../pipeline/errors.ts";
import { type RecordedIncident, recordedIncidents, shiftIncident } from "../testbed/incidents.ts";
import { configWith } from "./question-options.ts";
import { exitCodeOf, exitCodes, printLine, type Shell } from "./shell.ts";
import { type Talk, talking } from "./talk.ts";

export interface DemoOptions {
  readonly question?: string | undefined;
  readonly incident?: string | undefined;
  readonly list?: boolean | undefined;
  readonly config?: string | undefined;
}

const firstIncident = "geo-store-down";

/**
 * Answers a first question on a recorded incident whose clock is moved so that it ends now; stays for
 * more questions, typed or piped in, unless one was given with `--question`. Returns the exit code.
 *
 * Throws: BotError "source-invalid" when there is no incident of that name.
 */
export async function demo(options: DemoOptions, shell: Shell): Promise<number> {
  const incidents = await recordedIncidents();
  if (options.list === true) {
    for (const { name, description } of incidents) printLine(shell, `${name}\n  ${description}`);
    return exitCodes.answered;
  }
  const incident = chosen(incidents, options.incident ?? firstIncident);
  const config = configWith({ config: options.config });
  const stateFolder = resolve(config.stateFolder);
  await mkdir(stateFolder, { recursive: true });
  // A folder of its own: two demos at once, or one that was killed, must not meet in one.
  const folder = await mkdtemp(join(stateFolder, "demo-"));
  try {
    await shiftIncident(incident, folder, shell.now());
    printLine(
      shell,
      `This is a demo: the incident "${incident.name}" was recorded from a small hotel system of real processes ` +
        "(docs/testbed.md). Its clock is moved so that it ends now.\n",
    );
    const sources = [{ type: "files" as const, path: folder, name: incident.name }];
    return await talking(
      {
        config: { ...config, sources },
        answers: "print",
        depth: "short",
        hint: 'say "more" to see all of it.',
        now: shell.now,
      },
      shell,
      (talk) => conversed(options.question ?? null, incident, talk, shell),
    );
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

function chosen(incidents: readonly RecordedIncident[], name: string): RecordedIncident {
  const found = incidents.find((incident) => incident.name === name);
  if (found !== undefined) return found;
  const names = incidents.map((incident) => incident.name).join(", ");
  throw new BotError("source-invalid", `There is no recorded incident "${name}". There are: ${names}.`);
}

async function conversed(
  question: string | null,
  incident: RecordedIncident,
  { surface, hear }: Talk,
  shell: Shell,
): Promise<number> {
  const first = await hear(surface.message(question ?? incident.question), shell.signal);
  if (shell.signal.aborted) return exitCodes.interrupted;
  if (question !== null) {
    return first.kind === "failed" ? exitCodeOf(first.error.code) : exitCodes.answered;
  }
  if (shell.input.isTTY === true)
    printLine(
      shell,
      '\nAsk more, "more" for all evidence, or "sum up the last hour" for what a scheduled summary tells; "exit" ends.',
    );
  let worst: number = first.kind === "failed" ? exitCodeOf(first.error.code) : exitCodes.answered;
  await surface.start(async (message) => {
    printLine(shell, "");
    const outcome = await hear(message, shell.signal);
    if (outcome.kind === "failed") worst = Math.max(worst, exitCodeOf(outcome.error.code));
  });
  if (shell.signal.aborted) return exitCodes.interrupted;
  // Whoever types has seen each error; a script that pipes questions in learns of one from the exit code.
  return shell.input.isTTY === true ? exitCodes.answered : worst;
}

import { failureOf } from "./bot/failure.ts";
import { plainText } from "./bot/plain-text.ts";
import { runCommand } from "./cli/commands.ts";
import { exitCodeOf, exitCodes, printJson, type Shell } from "./cli/shell.ts";
import { asBotError } from "./pipeline/errors.ts";

/**
 * One run of the program: its streams, its signals and its exit code. A first Ctrl-C or SIGTERM ends
 * what runs, the private Redis included; a second one does not wait for that.
 */
async function main(): Promise<void> {
  const argv = process.argv.slice(2);
  const stop = new AbortController();
  const interrupt = () => {
    if (stop.signal.aborted) process.exit(exitCodes.interrupted);
    stop.abort();
  };
  process.on("SIGINT", interrupt);
  process.on("SIGTERM", interrupt);
  // Nobody reads any more ("| head"): there is no one to answer, which is no error.
  let abandoned = false;
  for (const stream of [process.stdout, process.stderr]) {
    stream.on("error", (error: NodeJS.ErrnoException) => {
      if (error.code !== "EPIPE") throw error;
      abandoned = true;
      stop.abort();
    });
  }
  const shell: Shell = {
    input: process.stdin,
    output: process.stdout,
    errors: process.stderr,
    signal: stop.signal,
    interrupt,
    now: Date.now,
    stopwatch: () => performance.now(),
  };
  const code = await runCommand(argv, shell).catch((error: unknown) => reported(error, argv, shell));
  if (abandoned) process.exitCode = exitCodes.answered;
  else process.exitCode = stop.signal.aborted ? exitCodes.interrupted : code;
  // A handle that some library left open must not keep an answered question from ending.
  process.stdout.write("", () => process.exit());
}

/** One line what, one line what to do; a bug shows its stack only to who asks for it. */
async function reported(error: unknown, argv: readonly string[], shell: Shell): Promise<number> {
  const known = asBotError(error);
  if (argv.includes("--json") && !argv.includes("bench")) {
    const message = known?.message ?? "Something broke in LocaleXpert itself; this is a bug.";
    printJson(shell, { error: { code: known?.code ?? "bug", message } });
  }
  if (known !== null) {
    const { what, remedy } = failureOf(known);
    const lines = what.split("\n").map(plainText).join("\n");
    shell.errors.write(`error: ${lines}\n  ${plainText(remedy)}\n`);
    return exitCodeOf(known.code);
  }
  const { debugging } = await import("./config.ts");
  shell.errors.write("error: Something broke in LocaleXpert itself; this is a bug.\n");
  if (debugging()) shell.errors.write(`${error instanceof Error ? error.stack : String(error)}\n`);
  else shell.errors.write("  Run it again with LOCALEXPERT_DEBUG=1 and report what is printed.\n");
  return exitCodes.bug;
}

await main();

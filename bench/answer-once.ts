import { asBotError } from "../pipeline/errors.ts";

/** The most memory this process ever had, in 10^6 bytes; the system counts in units of 1,024. */
export function peakMb(): number {
  return (process.resourceUsage().maxRSS * 1024) / 1e6;
}

/** A bug comes with its stack, since the bench is where it must be found. */
export function said(error: unknown): string {
  const known = asBotError(error);
  if (known !== null) return `${known.code}: ${known.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** The whole life of a process that run-case.ts starts: one message in, one answer out, then it ends. */
export function answerOnce(run: (message: unknown) => Promise<object>): void {
  process.once("message", (message) => {
    run(message).then(
      (answer) => process.send?.(answer, () => process.exit(0)),
      (error: unknown) => {
        process.stderr.write(`${said(error)}\n`);
        process.exit(1);
      },
    );
  });
  // Ctrl-C reaches every process of the terminal; the bench ends this one itself.
  process.on("SIGINT", () => {});
  // The bench has ended, however it did: nobody waits for this answer.
  process.once("disconnect", () => process.exit(1));
}

import { configWith, type QuestionOptions, requireSources } from "./question-options.ts";
import { exitCodeOf, exitCodes, printLine, type Shell } from "./shell.ts";
import { talking } from "./talk.ts";

/**
 * Talks at the terminal about the configured telemetry, as in a thread of a chat, until the input ends.
 * Returns the exit code: of a script that pipes questions in, that of the worst failure.
 */
export async function chat(options: QuestionOptions, shell: Shell): Promise<number> {
  const config = configWith(options);
  requireSources(config);
  const talkOptions = {
    config,
    answers: "print",
    depth: "short",
    hint: 'say "more" to see all of it.',
    now: shell.now,
  } as const;
  return talking(talkOptions, shell, async ({ surface, hear }) => {
    if (shell.input.isTTY === true) {
      printLine(shell, 'Ask what broke, where and when: "what broke in geo in the last hour". "exit" ends.');
    }
    let worst: number = exitCodes.answered;
    await surface.start(async (message) => {
      const outcome = await hear(message, shell.signal);
      if (outcome.kind === "failed") worst = Math.max(worst, exitCodeOf(outcome.error.code));
      printLine(shell, "");
    });
    if (shell.signal.aborted) return exitCodes.interrupted;
    return shell.input.isTTY === true ? exitCodes.answered : worst;
  });
}

import type { Keyboard, Screen } from "../bot/surfaces/terminal/terminal.ts";
import type { ErrorCode } from "../pipeline/errors.ts";

/** What a command has of the process it runs in; a test hands its own. */
export interface Shell {
  readonly input: Keyboard;
  readonly output: Screen;
  readonly errors: Screen;
  /** Aborted by Ctrl-C, SIGTERM, and when nobody reads the output any more. */
  readonly signal: AbortSignal;
  readonly interrupt: () => void;
  readonly now: () => number;
  readonly stopwatch: () => number;
}

export const exitCodes = {
  answered: 0,
  bug: 1,
  unusable: 2,
  misconfigured: 3,
  unavailable: 4,
  interrupted: 130,
} as const;

/** What scripts are told; docs/command-line.md promises these. */
export function exitCodeOf(code: ErrorCode): number {
  switch (code) {
    case "question-invalid":
    case "window-invalid":
    case "service-unknown":
    case "source-invalid":
    case "access-denied":
      return exitCodes.unusable;
    case "config-invalid":
    case "chat-refused":
      return exitCodes.misconfigured;
    case "source-unavailable":
    case "redis-unavailable":
    case "redis-unsuitable":
    case "not-set-up":
    case "chat-unavailable":
      return exitCodes.unavailable;
    case "cancelled":
      return exitCodes.interrupted;
  }
}

export function printLine(shell: Shell, line: string): void {
  shell.output.write(`${line}\n`);
}

export function printJson(shell: Shell, value: unknown): void {
  printLine(shell, JSON.stringify(value, null, 2));
}

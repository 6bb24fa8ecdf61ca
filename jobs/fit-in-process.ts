import { BotError } from "../pipeline/errors.ts";
import { askProcess } from "./ask-process.ts";
import { FitMessage, type FitOrder, type FitReport } from "./fit-order.ts";

export interface FitOptions {
  /** The program of the process: fit-process.js. */
  readonly entry: string;
  readonly execArgv?: readonly string[];
  readonly limitMs?: number;
  readonly onStep?: (text: string) => void;
}

const usualLimitMs = 60 * 60_000;

/**
 * Fits methods in a process of their own: minutes of arithmetic would keep an event loop from everybody else.
 *
 * Throws: BotError as the process reports it, "cancelled" when aborted; Error for a bug, or when it ended
 *         without an answer.
 */
export async function fitInProcess(
  order: FitOrder,
  signal: AbortSignal,
  { entry, execArgv = [], limitMs = usualLimitMs, onStep = () => {} }: FitOptions,
): Promise<FitReport> {
  const { reply, how, words, isLate } = await askProcess(entry, order, signal, {
    limitMs,
    execArgv,
    onMessage(message) {
      const read = FitMessage.safeParse(message);
      if (read.success && read.data.kind === "step") onStep(read.data.text);
    },
  });
  if (signal.aborted)
    throw new BotError("cancelled", "Fitting was stopped; models fitted before stay in use.");
  const read = FitMessage.safeParse(reply);
  if (!read.success || read.data.kind === "step") {
    const why = isLate ? `took longer than ${limitMs / 60_000} minutes` : `ended without an answer (${how})`;
    throw new Error(`The process that fits ${why}.\n${words}`.trim());
  }
  switch (read.data.kind) {
    case "fitted": {
      const { kind: _kind, ...report } = read.data;
      return report;
    }
    case "failure":
      throw new BotError(read.data.code, read.data.message);
    case "bug":
      throw new Error(read.data.message);
  }
}

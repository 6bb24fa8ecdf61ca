import { asBotError, BotError } from "../pipeline/errors.ts";

/** Throws BotError "cancelled" (or the reason, where that is one) once the signal is aborted. */
export function throwIfAborted(signal: AbortSignal, cause: unknown = signal.reason): void {
  if (!signal.aborted) return;
  throw asBotError(cause) ?? new BotError("cancelled", "Reading the telemetry was stopped.", { cause });
}

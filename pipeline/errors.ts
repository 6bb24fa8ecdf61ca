/** Why work stopped, and whether trying again can help. The list is closed: a new code is a new promise. */
export const errorCodes = {
  "question-invalid": { retryable: false },
  "window-invalid": { retryable: false },
  "service-unknown": { retryable: false },
  "config-invalid": { retryable: false },
  "source-invalid": { retryable: false },
  "source-unavailable": { retryable: true },
  "redis-unavailable": { retryable: true },
  "redis-unsuitable": { retryable: false },
  "not-set-up": { retryable: false },
  /** Whoever asks may not see it, or has asked too much for now. */
  "access-denied": { retryable: false },
  /** The chat does not answer, or wants to be left alone for a while. */
  "chat-unavailable": { retryable: true },
  /** The chat will never take it: the channel is gone, the bot was removed, its token is revoked. */
  "chat-refused": { retryable: false },
  cancelled: { retryable: false },
} as const satisfies Record<string, { retryable: boolean }>;

export type ErrorCode = keyof typeof errorCodes;

/**
 * What stops the work and a person must hear about. The message names the thing, the limit and the
 * remedy; it never holds a secret or a log body. Anything else thrown is a bug.
 */
export class BotError extends Error {
  readonly code: ErrorCode;
  /** Milliseconds after which to try again, where the other side said so. */
  readonly retryAfterMs: number | null;

  constructor(code: ErrorCode, message: string, options?: { cause?: unknown; retryAfterMs?: number | null }) {
    super(message, options);
    this.name = "BotError";
    this.code = code;
    this.retryAfterMs = options?.retryAfterMs ?? null;
  }

  get retryable(): boolean {
    return errorCodes[this.code].retryable;
  }
}

/** The BotError behind `error`, or null when it is a bug. Survives a trip through a thread or a queue. */
export function asBotError(error: unknown): BotError | null {
  if (error instanceof BotError) return error;
  if (typeof error === "object" && error !== null && "code" in error && "message" in error) {
    const { code, message } = error;
    if (typeof code === "string" && code in errorCodes && typeof message === "string") {
      return new BotError(code as ErrorCode, message, { cause: error });
    }
  }
  return null;
}

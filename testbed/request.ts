import type { Telemetry } from "./telemetry.ts";

/** A request as a service works on it. */
export interface Request {
  /** Parsed JSON; each handler reads what it needs of it. */
  readonly body: Readonly<Record<string, unknown>>;
  /** Monotonic milliseconds (performance.now()) at which nobody waits for the answer any more. */
  readonly deadline: number;
}

export type Answer = Readonly<Record<string, unknown>>;

/** What a bad version does wrong; a good one does nothing of it. Each handler has a place for each. */
export interface Bug {
  /** The handler returns a wrong value. */
  wrongValue(): boolean;
  /** How many times the handler asks its store for the same. */
  repeats(): number;
  /** Throws, in the middle of the work. */
  breaks(): void;
}

/** What a handler works with. */
export interface Tools {
  readonly telemetry: Telemetry;
  /** Calls a method of another service. Throws: CallError. */
  call(service: string, method: string, body: Answer, deadline: number): Promise<Answer>;
  /** Sends a command to a store. Throws: CallError. */
  store(name: string, command: string, ...words: readonly (string | number)[]): Promise<unknown>;
  readonly bug: Bug;
}

export type Handler = (request: Request, tools: Tools) => Promise<Answer>;

/** A failure that a caller is told of. */
export class CallError extends Error {
  readonly kind: "refused" | "deadline" | "failed";

  constructor(kind: CallError["kind"], message: string) {
    super(message);
    this.name = "CallError";
    this.kind = kind;
  }
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

/** Strings of a JSON array; none where it is something else. */
export function strings(value: unknown): string[] {
  return Array.isArray(value) ? value.map(String) : [];
}

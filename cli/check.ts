import type { Capabilities } from "../connectors/llm/probe.ts";

/** What `health` found of one thing. */
export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly detail: string;
  readonly exitCode: number;
  /** What answers there, where it tells, and how long one cheap call took. */
  readonly about?: string | null;
  readonly latencyMs?: number;
  /** How many services the source knows. */
  readonly services?: number;
  /** ISO time of the newest telemetry of each kind; null where there is none. */
  readonly newest?: Readonly<Record<string, string | null>>;
  /** What a language model's server can do. */
  readonly capabilities?: Capabilities;
}

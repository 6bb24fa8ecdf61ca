import type { ModelCall } from "../pipeline/model-call.ts";
import type { ModelRole } from "../pipeline/ports.ts";

/** One call of a language model as it crosses processes: all of it survives a trip through JSON. */
export interface ChatRequest {
  readonly role: ModelRole;
  readonly system: string;
  readonly user: string;
  /** JSON Schema of the answer. */
  readonly answer: { readonly name: string; readonly schema: Readonly<Record<string, unknown>> };
  readonly maxAnswerTokens: number;
  readonly thinking: boolean;
  readonly priority: "person" | "schedule";
  readonly seed: number;
}

/** What came of it. A `problem` here is one of the way: what the answer says is looked at by who asked. */
export type ChatReply = Omit<ModelCall, "purpose" | "prompt" | "promptHash" | "promptCharacters">;

/** Throws: BotError "cancelled", when aborted; anything else that goes wrong is in the reply. */
export type Chat = (request: ChatRequest, signal: AbortSignal) => Promise<ChatReply>;

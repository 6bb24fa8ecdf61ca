import type { Dialect } from "./model-options.ts";

/** Parameters of OpenAI's that a request can do without. */
export const optionalParameters = ["temperature", "top_p", "seed", "stream_options"] as const;
export type OptionalParameter = (typeof optionalParameters)[number];

/** What was learnt of a server; a program asks once and does not forget. */
export interface ServerMemory {
  /** Null until it was asked. */
  dialect: Dialect | null;
  /** Whether it takes a JSON Schema to decode by. */
  takesSchema: boolean;
  /** Whether it takes parameters beyond OpenAI's. */
  takesExtras: boolean;
  /** What it calls the limit of an answer; newer models of OpenAI's refuse the old name. */
  limitName: "max_tokens" | "max_completion_tokens";
  /** Parameters that it refuses, and that are left out. */
  omits: readonly OptionalParameter[];
}

const owners: Readonly<Record<string, Dialect>> = {
  vllm: "vllm",
  sglang: "sglang",
  llamacpp: "llama.cpp",
  // Ollama's models belong to the "library", or to who pushed them.
  library: "ollama",
};

/** Ollama's own port; models of other owners than the library say nothing of the server. */
const ollamaPort = "11434";

/** Who a server is, by whom it says its models are owned. One that nothing is known of gets no extras. */
export function dialectOf(models: readonly { owned_by?: string | null | undefined }[], url: string): Dialect {
  for (const { owned_by } of models) {
    const known = owners[owned_by?.toLowerCase() ?? ""];
    if (known !== undefined) return known;
  }
  return new URL(url).port === ollamaPort ? "ollama" : "openai";
}

/** How each server is told to think or not to, and the parameters it takes beside (docs/models.md). */
export function thinkingSwitch(
  dialect: Dialect | null,
  thinking: boolean,
  topK: number,
): Record<string, unknown> {
  switch (dialect) {
    case "vllm":
    case "sglang":
    case "llama.cpp":
      return { top_k: topK, chat_template_kwargs: { enable_thinking: thinking } };
    case "ollama":
      return { reasoning_effort: thinking ? "medium" : "none" };
    case "openai":
    case null:
      return {};
  }
}

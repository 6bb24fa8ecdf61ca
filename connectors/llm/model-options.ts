import { z } from "zod";
import type { ModelRole } from "../../pipeline/ports.ts";

/** How a server wants to be spoken to beyond what all of them share. */
export const dialects = ["vllm", "sglang", "llama.cpp", "ollama", "openai"] as const;
export type Dialect = (typeof dialects)[number];

const url = z.url({ protocol: /^https?$/, error: "must be a URL such as http://localhost:8000/v1" });
const name = z.string().min(1);

/** What may be said of each server; without defaults, since a role takes what it does not say from the model. */
const rest = {
  /** The environment variable that holds the server's key. */
  key: z
    .strictObject({
      env: z.string().regex(/^[A-Za-z_][A-Za-z0-9_]*$/, "must be the name of an environment variable"),
    })
    .optional(),
  /** Told from the server's own list of models where it is not given. */
  dialect: z.enum(dialects).optional(),
  /** Calls at once, over all programs that share a Redis: the GPU is one. */
  concurrency: z.number().int().min(1).max(256).optional(),
  /** A call that takes longer, waiting in line not counted, is given up. */
  timeoutMs: z.number().int().min(100).max(600_000).optional(),
  /** More requests after "try later" answers and lost connections. */
  retries: z.number().int().min(0).max(5).optional(),
  /** Whether it may think before it explains. */
  thinking: z.boolean().optional(),
  temperature: z.number().min(0).max(2).optional(),
  topP: z.number().min(0).max(1).optional(),
  /** Sent to vLLM, SGLang and llama.cpp only; others refuse it. */
  topK: z.number().int().min(1).optional(),
};

const Role = z.strictObject({ url: url.optional(), name: name.optional(), ...rest });

/** The language models of a configuration (docs/models.md). */
export const ModelOptions = z.strictObject({
  /** Ends in /v1 with most servers. */
  url,
  /** The model, as the server calls it. */
  name,
  ...rest,
  /** What differs for the calls of a role: a small model for questions, say. */
  roles: z.strictObject({ question: Role.optional(), expert: Role.optional() }).prefault({}),
  /** Folders with an operator's own knowledge notes. */
  knowledge: z.array(z.string().min(1)).default([]),
});
export type ModelOptions = z.infer<typeof ModelOptions>;

/** One server and model, with nothing left open but the dialect. */
export interface ServerOptions {
  readonly url: string;
  readonly name: string;
  /** The name of the variable; null where the server asks for no key. */
  readonly keyVariable: string | null;
  readonly dialect: Dialect | null;
  readonly concurrency: number;
  readonly timeoutMs: number;
  readonly retries: number;
  readonly thinking: boolean;
  readonly temperature: number;
  readonly topP: number;
  readonly topK: number;
}

/** The sampling defaults are Qwen3's recommendation without thinking (its model card). */
export function serverOf(options: ModelOptions, role: ModelRole): ServerOptions {
  const said = { ...options, ...options.roles[role] };
  return {
    url: said.url ?? options.url,
    name: said.name ?? options.name,
    keyVariable: said.key?.env ?? null,
    dialect: said.dialect ?? null,
    concurrency: said.concurrency ?? 4,
    timeoutMs: said.timeoutMs ?? 60_000,
    retries: said.retries ?? 2,
    thinking: said.thinking ?? false,
    temperature: said.temperature ?? 0.7,
    topP: said.topP ?? 0.8,
    topK: said.topK ?? 20,
  };
}

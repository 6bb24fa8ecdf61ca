import { setTimeout as sleep } from "node:timers/promises";
import { OpenAI } from "openai";
import { z } from "zod";
import type { Chat, ChatReply, ChatRequest } from "../../jobs/chat.ts";
import type { ModelProblem } from "../../pipeline/model-call.ts";
import { dialectOf, type ServerMemory, thinkingSwitch } from "./dialect.ts";
import { cancelled, type Gate } from "./gate.ts";
import { isTooLong, lessDemanding } from "./less-demanding.ts";
import type { ServerOptions } from "./model-options.ts";

/** One line of a streamed answer, as far as it is read. `reasoning_content` became `reasoning` in vLLM. */
const Chunk = z.object({
  choices: z
    .array(
      z.object({
        delta: z
          .object({
            content: z.string().nullish(),
            reasoning: z.string().nullish(),
            reasoning_content: z.string().nullish(),
            refusal: z.string().nullish(),
          })
          .nullish(),
        finish_reason: z.string().nullish(),
      }),
    )
    .nullish(),
  usage: z
    .object({
      prompt_tokens: z.number().int(),
      completion_tokens: z.number().int().nullish(),
      prompt_tokens_details: z.object({ cached_tokens: z.number().int().nullish() }).nullish(),
    })
    .nullish(),
});

/** The list of models, as far as it is read; where the context is said differs by server. */
const ModelList = z.object({
  data: z.array(
    z.object({
      id: z.string(),
      owned_by: z.string().nullish(),
      max_model_len: z.number().nullish(),
      meta: z.object({ n_ctx: z.number().nullish(), n_ctx_train: z.number().nullish() }).nullish(),
    }),
  ),
});
export type ListedModel = z.infer<typeof ModelList>["data"][number];

/** The parts of an answer as they came, and what the server says of its cost. */
interface Streamed {
  text: string;
  reasoning: string;
  refusal: string;
  finish: string | null;
  firstWordAt: number | null;
  usage: z.infer<typeof Chunk>["usage"];
}

export interface ModelServer {
  readonly chat: Chat;
  /** Throws what the client throws. */
  models(signal: AbortSignal): Promise<ListedModel[]>;
  readonly memory: ServerMemory;
}

/** Longest answer that is read, whatever the server was told: about ten times the longest that is asked for. */
const mostCharacters = 100_000;
const firstPauseMs = 500;
const longestPauseMs = 8_000;

/**
 * A model on a server that speaks OpenAI's chat completions: vLLM, SGLang, llama.cpp, Ollama, hosted ones.
 *
 * Answers are streamed, so that a server that stopped can be told from one that works. Retries are ours
 * and not the client's: its pauses cannot be ended, and a server may ask for any length of pause.
 */
export function openaiCompatible(options: ServerOptions, key: string | null, gate: Gate): ModelServer {
  const client = new OpenAI({
    baseURL: options.url,
    // All named, since the client would take what it is not told from the environment.
    apiKey: key ?? "none",
    organization: null,
    project: null,
    maxRetries: 0,
    timeout: options.timeoutMs,
    logLevel: "off",
  });
  const memory: ServerMemory = {
    dialect: options.dialect,
    takesSchema: true,
    takesExtras: true,
    limitName: "max_tokens",
    omits: [],
  };

  async function models(signal: AbortSignal): Promise<ListedModel[]> {
    const body: unknown = await client.get("/models", { signal });
    return ModelList.parse(body).data;
  }

  /** Who the server is, asked once; a server that keeps no list is taken for one that knows no extras. */
  async function learnDialect(signal: AbortSignal): Promise<void> {
    if (memory.dialect !== null) return;
    try {
      memory.dialect = dialectOf(await models(signal), options.url);
    } catch (error) {
      // Who is busy or away may still say who it is.
      if (error instanceof OpenAI.APIError && pauseAfter(error, 1) !== null) throw error;
      memory.dialect = "openai";
    }
  }

  async function stream(request: ChatRequest, trial: ServerMemory, signal: AbortSignal): Promise<Streamed> {
    const streamed: Streamed = {
      text: "",
      reasoning: "",
      refusal: "",
      finish: null,
      firstWordAt: null,
      usage: null,
    };
    const chunks = await client.chat.completions.create(body(request, options, trial), { signal });
    for await (const raw of chunks) {
      const { choices, usage } = Chunk.parse(raw);
      if (usage) streamed.usage = usage;
      const { delta, finish_reason } = choices?.[0] ?? {};
      if (finish_reason) streamed.finish = finish_reason;
      const words = delta?.content ?? "";
      if (words !== "") streamed.firstWordAt ??= performance.now();
      streamed.text += words;
      streamed.reasoning += delta?.reasoning ?? delta?.reasoning_content ?? "";
      streamed.refusal += delta?.refusal ?? "";
      if (streamed.text.length + streamed.reasoning.length > mostCharacters) {
        streamed.finish = "length";
        break;
      }
    }
    // The client ends an aborted stream as if it were whole.
    signal.throwIfAborted();
    return streamed;
  }

  async function chat(request: ChatRequest, signal: AbortSignal): Promise<ChatReply> {
    const asked = performance.now();
    const leave = await gate.enter(request.priority, signal);
    const begun = performance.now();
    const limit = AbortSignal.timeout(options.timeoutMs);
    const stop = AbortSignal.any([signal, limit]);
    let trial = { ...memory };
    let attempts = 0;

    const reply = (parts: Partial<ChatReply>): ChatReply => ({
      model: options.name,
      parameters: parametersOf(request, options, trial),
      promptTokens: null,
      answerTokens: null,
      cachedTokens: null,
      durationMs: performance.now() - asked,
      waitedMs: begun - asked,
      firstWordMs: null,
      attempts,
      answer: "",
      problem: null,
      ...parts,
    });
    try {
      for (;;) {
        attempts += 1;
        try {
          await learnDialect(stop);
          trial.dialect = memory.dialect;
          const streamed = await stream(request, trial, stop);
          Object.assign(memory, trial);
          return reply(told(streamed, request, options, asked));
        } catch (error) {
          if (signal.aborted) throw cancelled();
          if (limit.aborted) return reply({ problem: tooSlow(options) });
          const without = lessDemanding(error, trial);
          if (without !== null) {
            trial = without;
            continue;
          }
          const pauseMs = attempts <= options.retries ? pauseAfter(error, attempts) : null;
          // A pause that outlasts the call is no pause: better to say so now.
          if (pauseMs === null || begun + options.timeoutMs < performance.now() + pauseMs) {
            return reply({ problem: unavailable(error, options) });
          }
          await sleep(pauseMs, undefined, { signal: stop }).catch(() => {});
        }
      }
    } finally {
      leave();
    }
  }

  return { chat, models, memory };
}

function body(request: ChatRequest, options: ServerOptions, memory: ServerMemory) {
  const { answer } = request;
  const schemaInWords = memory.takesSchema
    ? ""
    : `\n\nAnswer with one JSON object that fits this JSON schema, and with nothing else:\n${JSON.stringify(answer.schema)}`;
  return {
    model: options.name,
    messages: [
      { role: "system" as const, content: request.system + schemaInWords },
      { role: "user" as const, content: request.user },
    ],
    stream: true as const,
    ...(memory.omits.includes("stream_options") ? {} : { stream_options: { include_usage: true } }),
    ...parametersOf(request, options, memory),
    ...(memory.takesSchema
      ? {
          response_format: {
            type: "json_schema" as const,
            json_schema: { name: answer.name, schema: { ...answer.schema }, strict: true },
          },
        }
      : {}),
  };
}

function parametersOf(request: ChatRequest, options: ServerOptions, memory: ServerMemory) {
  const thinking = request.thinking || options.thinking;
  const optional = { temperature: options.temperature, top_p: options.topP, seed: request.seed };
  return {
    [memory.limitName]: request.maxAnswerTokens,
    ...Object.fromEntries(Object.entries(optional).filter(([name]) => !isOmitted(name, memory))),
    ...(memory.takesExtras ? thinkingSwitch(memory.dialect, thinking, options.topK) : {}),
  };
}

function isOmitted(name: string, { omits }: ServerMemory): boolean {
  return omits.some((one) => one === name);
}

/** What the streamed parts come to. */
function told(
  streamed: Streamed,
  request: ChatRequest,
  options: ServerOptions,
  asked: number,
): Partial<ChatReply> {
  const { text, reasoning, refusal, finish, firstWordAt, usage } = streamed;
  const parts = {
    // Some builds of vLLM put the whole answer into the reasoning and leave the content null.
    answer: text.trim() === "" ? reasoning : text,
    promptTokens: usage?.prompt_tokens ?? null,
    answerTokens: usage?.completion_tokens ?? null,
    cachedTokens: usage?.prompt_tokens_details?.cached_tokens ?? null,
    firstWordMs: firstWordAt === null ? null : firstWordAt - asked,
  };
  const problem = (reason: ModelProblem, detail: string) => ({ ...parts, problem: { reason, detail } });
  if (refusal !== "" || finish === "content_filter") {
    return problem("refused", `${options.name} refused to answer.`);
  }
  if (isPromptCut(request, usage)) {
    return problem(
      "cut-off",
      `${options.name} read only ${usage?.prompt_tokens} tokens of the prompt: its context is too small. With Ollama, set OLLAMA_CONTEXT_LENGTH=16384.`,
    );
  }
  if (finish === "length") {
    return problem(
      "cut-off",
      `${options.name} did not end its answer within ${request.maxAnswerTokens} tokens.`,
    );
  }
  // A stream that just ends is a connection that was cut: who finished says so.
  if (finish === null) return problem("cut-off", `The answer of ${options.name} broke off.`);
  return parts;
}

/** Servers that cut a prompt do so without a word. No text has eight characters per token. */
function isPromptCut({ system, user }: ChatRequest, usage: Streamed["usage"]): boolean {
  return usage != null && usage.prompt_tokens > 0 && usage.prompt_tokens < (system.length + user.length) / 8;
}

/** How long to wait before the next request; null where another one would fail as well. */
function pauseAfter(error: unknown, attempts: number): number | null {
  if (!(error instanceof OpenAI.APIError)) return null;
  const { status } = error;
  if (status !== undefined && status !== 408 && status !== 409 && status !== 429 && status < 500) return null;
  const asked = Number(error.headers?.get("retry-after") ?? Number.NaN);
  return Number.isFinite(asked) && asked >= 0
    ? asked * 1_000
    : Math.min(longestPauseMs, firstPauseMs * 2 ** (attempts - 1));
}

function tooSlow({ name, timeoutMs }: ServerOptions): NonNullable<ChatReply["problem"]> {
  return { reason: "too-slow", detail: `${name} did not finish its answer within ${timeoutMs / 1_000} s.` };
}

/** Says how, but repeats nothing of the server's words: they may hold parts of the prompt. */
function unavailable(
  error: unknown,
  { name, url, keyVariable }: ServerOptions,
): NonNullable<ChatReply["problem"]> {
  const reason = "unavailable";
  const { host } = new URL(url);
  if (!(error instanceof OpenAI.APIError)) {
    return { reason, detail: `${host} did not answer as a model server does.` };
  }
  if (error.status === 400 && isTooLong(error)) {
    return { reason: "cut-off", detail: `The prompt is longer than the context of ${name}.` };
  }
  switch (error.status) {
    case undefined:
      return { reason, detail: `The model server ${host} cannot be reached.` };
    case 401:
    case 403:
      return {
        reason,
        detail: `The model server ${host} refuses ${keyVariable === null ? "requests without a key; name its variable with model.key.env" : `the key in ${keyVariable}`}.`,
      };
    case 404:
      return {
        reason,
        detail: `The model server ${host} has no model ${name}, or its URL should end in /v1.`,
      };
    case 429:
      return { reason, detail: `The model server ${host} has too much to do.` };
    default:
      return { reason, detail: `The model server ${host} answered with the status ${error.status}.` };
  }
}

import { z } from "zod";
import type { ChatReply } from "../../jobs/chat.ts";
import { completion } from "./language-model.ts";
import type { ServerOptions } from "./model-options.ts";
import type { ListedModel, ModelServer } from "./openai-compatible.ts";

/** What a server can do, found out by asking it. */
export interface Capabilities {
  readonly dialect: string;
  /** Decodes by a JSON Schema; otherwise it is asked in words. */
  readonly takesSchema: boolean;
  /** Parameters that it refuses and that are left out, and the old name of the limit where it wants the new one. */
  readonly refuses: readonly string[];
  /** It can be told whether to think. */
  readonly tellsThinking: boolean;
  /** Tokens; null where the server does not say. */
  readonly context: number | null;
  /** It says how much of a prompt it had in its cache. */
  readonly countsCache: boolean;
  readonly answerMs: number;
  /** Why it is of no use, in words for the operator; null when it is. */
  readonly problem: string | null;
}

const Probe = z.strictObject({ capital: z.string().max(20) });

/**
 * Asks a server for its models and for one short answer of a given shape.
 *
 * Throws: BotError "cancelled", when aborted.
 */
export async function probeModel(
  server: ModelServer,
  { name }: ServerOptions,
  signal: AbortSignal,
): Promise<Capabilities> {
  // A server without a list is no reason to complain: the answer tells.
  const listed = await server.models(signal).catch(() => []);
  const reply = await server.chat(
    {
      role: "expert",
      system: 'Answer with one JSON object: {"capital": "…"}',
      user: "What is the capital of France?",
      answer: { name: "probe", schema: z.toJSONSchema(Probe) },
      maxAnswerTokens: 200,
      thinking: false,
      priority: "person",
      seed: 7,
    },
    signal,
  );
  const { dialect, takesSchema, takesExtras, limitName, omits } = server.memory;
  return {
    dialect: dialect ?? "unknown",
    takesSchema,
    refuses: [...(limitName === "max_tokens" ? [] : ["max_tokens"]), ...omits],
    tellsThinking: takesExtras && dialect !== null && dialect !== "openai",
    context: contextOf(listed.find(({ id }) => id === name)),
    countsCache: reply.cachedTokens !== null,
    answerMs: reply.durationMs,
    problem: problemOf(reply),
  };
}

function problemOf(reply: ChatReply): string | null {
  const call = {
    purpose: "probe",
    prompt: { id: "probe", version: 1 },
    promptHash: "",
    promptCharacters: { system: 0, user: 0 },
    ...reply,
  };
  const read = completion({ answer: { name: "probe", schema: Probe } }, call);
  return read.output === null ? read.call.problem.detail : null;
}

function contextOf(model: ListedModel | undefined): number | null {
  return model?.max_model_len ?? model?.meta?.n_ctx ?? model?.meta?.n_ctx_train ?? null;
}

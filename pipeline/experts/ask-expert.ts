import type { z } from "zod";
import type { Prompt } from "../../prompts/prompt-schema.ts";
import { fillPrompt, type Variables } from "../fill-prompt.ts";
import type { Desk } from "./desk.ts";
import type { Judged } from "./judge-answer.ts";
import { tokensOf } from "./tokens.ts";

/** What one expert asks. `share` below 1 asks with that much of the evidence. */
export interface Errand<Output> {
  readonly expert: string;
  readonly prompt: Prompt;
  readonly schema: z.ZodType<Output>;
  readonly maxAnswerTokens: number;
  fill(share: number): { readonly variables: Variables; readonly shown: ReadonlySet<string> };
  judge(output: Output, shown: ReadonlySet<string>): Judged;
}

/** An answer that can be used, or why there is none. */
export type Asked<Output> =
  | { readonly output: Output; readonly judged: Judged }
  | { readonly output: null; readonly why: string };

/** All of the evidence, then half of it: a model that was overwhelmed may do with less. */
const shares = [1, 0.5] as const;

/**
 * Asks the model, once more with less evidence when its answer cannot be used, and then gives up. A server
 * that cannot be reached is not asked again: its client has tried for long enough.
 *
 * Throws: BotError "cancelled", when aborted.
 */
export async function askExpert<Output>(errand: Errand<Output>, desk: Desk): Promise<Asked<Output>> {
  let why = "";
  for (const share of shares) {
    const { variables, shown } = errand.fill(share);
    const { system, user } = fillPrompt(errand.prompt, variables);
    const promptTokens = tokensOf(system) + tokensOf(user);
    const refused = desk.take(promptTokens, errand.maxAnswerTokens);
    if (refused !== null) return { output: null, why: why === "" ? refused : `${why} ${refused}` };
    const { id, version } = errand.prompt;
    const { output, call } = await desk.model.complete(
      {
        role: "expert",
        purpose: errand.expert,
        prompt: { id, version },
        system,
        user,
        answer: { name: id, schema: errand.schema },
        maxAnswerTokens: errand.maxAnswerTokens,
        thinking: false,
        priority: desk.priority,
        seed: desk.seed,
      },
      desk.signal,
    );
    desk.keep(call, promptTokens, errand.maxAnswerTokens);
    if (output === null) {
      why = call.problem?.detail ?? "The model gave no answer.";
      if (call.problem?.reason === "unavailable") break;
      continue;
    }
    const judged = errand.judge(output, shown);
    if (judged.problem === null) return { output, judged };
    why = `${desk.model.name("expert")} ${judged.problem}.`;
  }
  return { output: null, why };
}

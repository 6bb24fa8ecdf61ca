import { z } from "zod";
import { type AnswerSchemaId, answerSchemas } from "./answer-schemas.ts";

const Id = z.string().regex(/^[a-z0-9]+(-[a-z0-9]+)*$/, "must be lower-case words with hyphens");

/** The lines between the two `---` of a prompt's file. */
export const PromptHead = z.strictObject({
  id: Id,
  /** One more with every change of the text: answers name it. */
  version: z.coerce.number().int().positive(),
  /** The `{{names}}` in the text. */
  variables: z.array(z.string().regex(/^[a-z][a-zA-Z]*$/)),
  answer: z.enum(Object.keys(answerSchemas) as AnswerSchemaId[]),
});
export type PromptHead = z.infer<typeof PromptHead>;

/**
 * A prompt. `system` is the same for every case, so that a server computes it once (prefix cache);
 * `user` holds the case. Both hold `{{variables}}`.
 */
export interface Prompt extends PromptHead {
  readonly system: string;
  readonly user: string;
}

/** The lines between the two `---` of a note's file. */
export const NoteHead = z.strictObject({
  id: Id,
  /**
   * When an expert is given it: "always", or one of what is observed, such as "metric:cpu",
   * "trace:timeout", "log:new" or "service:geo".
   */
  when: z.array(z.string().regex(/^(always|[a-z-]+:\S.*)$/, 'must be "always" or "kind:value"')).min(1),
});
export type NoteHead = z.infer<typeof NoteHead>;

/** What is known of failures, metrics or a service, in a few sentences; shipped, or an operator's own. */
export interface KnowledgeNote extends NoteHead {
  readonly text: string;
}

export interface PromptLibrary {
  readonly prompts: ReadonlyMap<string, Prompt>;
  /** By id. */
  readonly notes: readonly KnowledgeNote[];
}

import type { Wording } from "./bot/follow-up/wording.ts";
import type { Config } from "./config.ts";
import { asBotError } from "./pipeline/errors.ts";
import type { QuestionReader } from "./question-reader.ts";

/** A person waits for a few sentences, and the facts are there without them. */
const limitMs = 30_000;

/** Has the configured model word what is looked up for follow-ups, and sum up what was said in a thread. */
export function followUpWriter(
  { pipeline }: Pick<Config, "pipeline">,
  { helpers }: Pick<QuestionReader, "helpers">,
): Wording {
  /** Gives `late` where the model takes too long; throws where whoever asked took it back. */
  async function inTime<Result>(
    signal: AbortSignal,
    late: Result,
    work: (stop: AbortSignal) => Promise<Result>,
  ): Promise<Result> {
    const limit = AbortSignal.timeout(limitMs);
    try {
      return await work(AbortSignal.any([signal, limit]));
    } catch (error) {
      if (limit.aborted && !signal.aborted && asBotError(error)?.code === "cancelled") return late;
      throw error;
    }
  }

  return {
    async word(asked, signal) {
      const [tools, { wordFollowUp }] = await Promise.all([
        helpers(),
        import("./pipeline/experts/word-follow-up.ts"),
      ]);
      const why = `The language model took longer than ${limitMs / 1_000} s.`;
      return inTime(signal, { kind: "failed", why, calls: [] }, (stop) =>
        wordFollowUp(asked, pipeline, tools, stop),
      );
    },
    async condense(history, signal) {
      const { isTooLong, shortened, summedUp } = await import("./pipeline/experts/thread-history.ts");
      if (!isTooLong(history)) return { history, calls: [] };
      const { model, prompts } = await helpers();
      const unsaid = { history: null, calls: [] };
      const made =
        model === null
          ? unsaid
          : await inTime(signal, unsaid, (stop) =>
              summedUp(history, { model, prompts, seed: pipeline.seed }, stop),
            );
      return { history: made.history ?? shortened(history), calls: made.calls };
    },
  };
}

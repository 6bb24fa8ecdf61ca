import { BotError } from "./errors.ts";
import { type ModelCall, unansweredCall } from "./model-call.ts";
import type { CompletionRequest, InventorySource, LanguageModel, Source, Toolbox } from "./ports.ts";

/** Reading may use so much of the time, so that there is some left to make an answer of what was read. */
const readingShare = 0.6;

/**
 * The toolbox for one diagnosis that has `budgetMs`: a source that has not answered when reading has used up
 * its share is given up, and becomes a gap as any other that fails; the language model is given up at the end
 * of all of it, and templates speak. So there is an answer in time, of what was there in time.
 */
export function timedToolbox(toolbox: Toolbox, budgetMs: number): Toolbox {
  const reading = AbortSignal.timeout(budgetMs * readingShare);
  const all = AbortSignal.timeout(budgetMs);
  const seconds = Math.round((budgetMs * readingShare) / 1_000);
  const late = (name: string) =>
    new BotError(
      "source-unavailable",
      `${name} had not answered after ${seconds} s, which is as long as reading may take for one answer. Ask about a shorter time or fewer services, or raise pipeline.timeBudgetMs.`,
    );
  return {
    ...toolbox,
    sources: toolbox.sources.map((source) => timedSource(source, reading, late)),
    inventories: toolbox.inventories.map(
      (one): InventorySource => ({
        ...one,
        inventory: (signal, askedAt) =>
          within(
            reading,
            signal,
            (either) => one.inventory(either, askedAt),
            () => late(one.name),
          ),
      }),
    ),
    model: toolbox.model === null ? null : timedModel(toolbox.model, all, budgetMs),
  };
}

function timedSource(source: Source, limit: AbortSignal, late: (name: string) => BotError): Source {
  const timed = <Items>(fetch: (signal: AbortSignal) => Promise<Items>, signal: AbortSignal) =>
    within(limit, signal, fetch, () => late(source.name));
  switch (source.modality) {
    case "metric":
      return { ...source, fetch: (query, signal) => timed((either) => source.fetch(query, either), signal) };
    case "log":
      return { ...source, fetch: (query, signal) => timed((either) => source.fetch(query, either), signal) };
    case "trace":
      return { ...source, fetch: (query, signal) => timed((either) => source.fetch(query, either), signal) };
  }
}

function timedModel(model: LanguageModel, limit: AbortSignal, budgetMs: number): LanguageModel {
  return {
    name: (role) => model.name(role),
    async complete(request, signal) {
      try {
        return await within(
          limit,
          signal,
          (either) => model.complete(request, either),
          () => new Late(),
        );
      } catch (error) {
        if (!(error instanceof Late)) throw error;
        const detail = `The language model had not answered when the ${budgetMs / 1_000} s for one answer were used up.`;
        return {
          output: null,
          call: { ...lateCall(model, request), problem: { reason: "too-slow", detail } },
        };
      }
    },
  };
}

class Late extends Error {}

function lateCall(
  model: LanguageModel,
  { purpose, prompt, system, user, role }: CompletionRequest<unknown>,
): Omit<ModelCall, "problem"> {
  return {
    purpose,
    prompt,
    promptHash: "",
    promptCharacters: { system: system.length, user: user.length },
    model: model.name(role),
    ...unansweredCall,
  };
}

/** Work that ends when either is aborted, also where it does not listen; at `limit` it rejects with `late`. */
async function within<Result>(
  limit: AbortSignal,
  signal: AbortSignal,
  work: (either: AbortSignal) => Promise<Result>,
  late: () => Error,
): Promise<Result> {
  let onEnd = () => {};
  const over = new Promise<never>((_resolve, reject) => {
    onEnd = () => reject(signal.aborted ? new BotError("cancelled", "The diagnosis was stopped.") : late());
    for (const one of [signal, limit]) one.addEventListener("abort", onEnd, { once: true });
    if (signal.aborted || limit.aborted) onEnd();
  });
  try {
    return await Promise.race([over, work(AbortSignal.any([signal, limit]))]);
  } catch (error) {
    throw limit.aborted && !signal.aborted ? late() : error;
  } finally {
    for (const one of [signal, limit]) one.removeEventListener("abort", onEnd);
  }
}

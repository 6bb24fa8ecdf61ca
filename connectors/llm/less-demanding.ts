import { OpenAI } from "openai";
import { type OptionalParameter, optionalParameters, type ServerMemory } from "./dialect.ts";

/** A model that thinks refuses these two together, and names one of them at a time. */
const sampling: readonly OptionalParameter[] = ["temperature", "top_p"];
const extras = ["top_k", "chat_template_kwargs", "enable_thinking", "reasoning_effort"];
const schema = ["response_format", "json_schema"];
const oldLimit = "max_tokens";
const newLimit = "max_completion_tokens";

/**
 * What to try next with a server that does not take the request as it is. Where its refusal names a parameter,
 * the request goes without that one or with its new name; where it names none, without the extras, without the
 * schema, and last with nothing but the messages and a limit. Null where it was not that. What helped is
 * remembered by the caller, and nothing else is.
 */
export function lessDemanding(error: unknown, trial: ServerMemory): ServerMemory | null {
  if (!(error instanceof OpenAI.APIError) || (error.status !== 400 && error.status !== 422)) return null;
  const named = withoutNamed(error, trial);
  if (named !== null) return named;
  return isTooLong(error) ? null : guessed(trial);
}

/** Servers agree on the status of this, and not on its code. */
export function isTooLong(error: Error): boolean {
  return /context|too long|too large|too many tokens|maximum.*tokens/i.test(error.message);
}

/** Null where the refusal names nothing that this request still holds. */
function withoutNamed(error: InstanceType<typeof OpenAI.APIError>, trial: ServerMemory): ServerMemory | null {
  const isNamed = namer(error);
  if (trial.limitName === oldLimit && isNamed(oldLimit) && (isNamed(newLimit) || isUnsupported(error))) {
    return { ...trial, limitName: newLimit };
  }
  if (trial.limitName === newLimit && isNamed(newLimit) && isUnsupported(error)) {
    return { ...trial, limitName: oldLimit };
  }
  const refused = optionalParameters.find((one) => !trial.omits.includes(one) && isNamed(one));
  if (refused !== undefined) {
    const all = sampling.includes(refused) ? sampling : [refused];
    return { ...trial, omits: [...new Set([...trial.omits, ...all])] };
  }
  if (trial.takesExtras && hasExtras(trial) && extras.some(isNamed)) return { ...trial, takesExtras: false };
  return trial.takesSchema && schema.some(isNamed) ? { ...trial, takesSchema: false } : null;
}

/**
 * The parameter that the error says it is about; where it says none, those in its words. Of a refused
 * limit the words are read as well: they say whether it is the name or the number.
 */
function namer({ param, message }: InstanceType<typeof OpenAI.APIError>): (parameter: string) => boolean {
  if (typeof param === "string" && param !== "" && param !== oldLimit) {
    return (parameter) => param.split(/[.[\]]/)[0] === parameter;
  }
  return (parameter) => new RegExp(`(?<![\\w.])${parameter}(?!\\w)`).test(message);
}

function isUnsupported({ code, message }: InstanceType<typeof OpenAI.APIError>): boolean {
  return /unsupported|unrecogni[sz]ed|unknown|not supported|not permitted|extra/i.test(
    `${code ?? ""} ${message}`,
  );
}

function guessed(trial: ServerMemory): ServerMemory | null {
  const { takesSchema, takesExtras } = trial;
  if (takesSchema && takesExtras && hasExtras(trial)) return { ...trial, takesExtras: false };
  if (takesSchema) return { ...trial, takesSchema: false, takesExtras: true };
  if (takesExtras && hasExtras(trial)) return { ...trial, takesExtras: false };
  const isBare = optionalParameters.every((one) => trial.omits.includes(one));
  return isBare ? null : { ...trial, omits: optionalParameters };
}

function hasExtras({ dialect }: ServerMemory): boolean {
  return dialect !== "openai" && dialect !== null;
}

import { allModalities, type Modality } from "../types.ts";

/** What each kind of telemetry is called; whole words. */
const nouns: Readonly<Record<Modality, string>> = {
  metric: "metrics?|metrik(?:en)?|métriques?|metriques?|métricas?|metricas?|charts?|graphs?",
  log: "logs?|log ?lines?|logging|protokolle?n?|journaux|journal|registros?",
  trace: "traces?|tracing|spans?|trazas?|rastros?",
};
const noun = `(?:${Object.values(nouns).join("|")})`;
const article = "(?:the |any |all |all the |die |den |der |les |los |las |os |as )?";
const list = `${article}${noun}(?:(?:\\s?,\\s?|\\s?[&/+]\\s?| and | or | nor | und | oder | et | ou | y | o | e )${article}${noun}){0,3}`;
/** "geo just logs errors" speaks of what geo does: after a wish the sentence ends, or goes on with a preposition. */
const ends =
  "(?=\\s{0,3}(?:$|[,.!?;:)]|(?:please|bitte|por favor|for|of|in|from|since|between|during|on|at|over|this|that|last|today|yesterday|to|when|why|what|is|are|was|and|but|by|then|now|here|again|von|der|des|aus|für|seit|zwischen|im|de|du|pour|depuis|para|desde)(?!\\p{L})))";
const without =
  "(?<!\\p{L})(?:ignore|ignoring|skip|skipping|without|except(?: for)?|excluding|exclude|leave out|leaving out|drop|forget(?: about)?|disregard|(?:do not|don'?t|dont) (?:use|look at|read|consider|check)|ohne|ignoriere?|sans|ignorez|sin|ignora|sem) ";
const only =
  "(?<!\\p{L})(?:only|just|solely|nur|seulement|uniquement|solo|sólo|solamente|só|apenas)(?: (?:look(?:ing)?(?: at| in| into)?|use|using|read|check|consider|show me|with|from|by|in|at|into|an|in die|regarde))? ";
const limit = "(?<!\\p{L})(?:restrict|limit|confine|reduce)(?: (?:it|this|yourself))? to ";
const include = "(?<!\\p{L})(?:include|including|add|use|with|consider|look at) ";

const pattern = (lead: string, tail: string) => new RegExp(`${lead}(${list})${tail}`, "iu");
const withoutPattern = pattern(without, ends);
const onlyPatterns = [
  pattern(only, ends),
  pattern(limit, ends),
  pattern("(?<!\\p{L})", "\\s(?:only|alone|nur|seulement|solamente|solo)(?!\\p{L})"),
];
const againPattern = pattern(include, "\\s(?:again|too|as well|back|wieder|también|aussi)(?!\\p{L})");

/**
 * Which kinds of telemetry a text wishes to be looked at: "only the logs", "ignore traces and metrics",
 * "nur die Logs", "sans les traces". Null where it wishes nothing, or everything.
 */
export function readModalityWishes(text: string): readonly Modality[] | null {
  for (const one of onlyPatterns) {
    const found = one.exec(text)?.[1];
    if (found !== undefined) return chosen(named(found));
  }
  const left = withoutPattern.exec(text)?.[1];
  if (left === undefined) return null;
  const out = named(left);
  return chosen(allModalities.filter((modality) => !out.includes(modality)));
}

/** "with traces again": what a wish before left out is looked at once more. */
export function readModalityReturn(text: string): readonly Modality[] {
  const found = againPattern.exec(text)?.[1];
  return found === undefined ? [] : named(found);
}

/** Nothing at all cannot be meant. */
function chosen(modalities: readonly Modality[]): readonly Modality[] | null {
  return modalities.length === 0 || modalities.length === allModalities.length ? null : modalities;
}

function named(words: string): readonly Modality[] {
  return allModalities.filter((modality) =>
    new RegExp(`(?<!\\p{L})(?:${nouns[modality]})(?!\\p{L})`, "iu").test(words),
  );
}

import type { Feedback } from "../types.ts";
import { cleanText } from "./clean-text.ts";
import { readServiceNames } from "./service-names.ts";
import { serviceRoles } from "./service-roles.ts";

/** Nobody says in more that it was right; what is longer tells or asks something else too. */
const longest = 120;
const filler =
  /^(?:(?:thanks|thank you|thx|danke|merci|gracias|ok(?:ay)?|ah|oh|hm+|well|so|actually)[\s,.!:;]+)+/iu;
const separator = /^[\s,.!:;–—-]+/u;

const yes = /^(?:yes|yeah|yep|yup|ja|jawohl|oui|s[ií])(?![\p{L}\p{N}])/iu;
const no = /^(?:no|nope|nah|nein|nee|non)(?![\p{L}\p{N}])/iu;
/** Said alone, or before a name. */
const right =
  /^(?:absolutely |quite |exactly |that(?:'s| is| was) |you(?:'re| are| were) |(?:it|this|the (?:answer|diagnosis)) (?:is|was) |das (?:ist|war) |du (?:hast|hattest) |c['’](?:est|était) |(?:eso |esto )?(?:es|era|fue) |tu as |vous avez |ten[íi]as |tienes )?(?:right|correct|confirmed|spot on|richtig|korrekt|bestätigt|recht|exact|exacte|juste|confirmé|raison|correcto|exacto|confirmado|raz[óo]n)(?![\p{L}\p{N}])|^(?:exactly|that(?:'s| is| was) it|stimmt|genau|das war(?:'s| es)|exactement|c['’](?:est|était) ça|exactamente|eso (?:es|era|fue))(?![\p{L}\p{N}])/iu;
const wrong =
  /^(?:that(?:'s| is| was) |you(?:'re| are| were) |(?:it|this|the (?:answer|diagnosis)) (?:is|was) |das (?:ist|war) |c['’](?:est|était) |(?:eso |esto )?(?:es|era|fue|est[áa]) )?(?:wrong|incorrect|not (?:right|correct|it)|falsch|nicht (?:richtig|korrekt)|faux|pas (?:correct|juste|ça)|incorrecte?|incorrecto|falso|equivocado|mal)(?![\p{L}\p{N}])|^(?:(?:das )?stimmt nicht|that (?:isn['’]t|wasn['’]t) (?:right|correct|it)|it wasn['’]t (?:that|right|correct)|ce n['’](?:est|était) pas (?:correct|juste|ça)|no (?:es|era|fue) (?:correcto|eso)|you (?:aren['’]t|weren['’]t) right)(?![\p{L}\p{N}])/iu;
const other =
  /^(?:(?:it|that|this|the cause) (?:was|is|must have been) |it['’]s |(?:es|das) (?:war|ist) |c['’](?:était|est) |(?:fue|era|es) )?(?:something|someone|somewhere|another one|another service|a different (?:one|service)|etwas|(?:ein )?andere[rs]?(?: dienst)?|autre chose|un autre(?: service)?|otra cosa|otro(?: servicio)?)(?: else| different| anderes)?$/iu;
const wasNot =
  /^(?:(?:it|that|this|the (?:root )?cause|the culprit) (?:was not|wasn['’]t|is not|isn['’]t)|(?:es|das) (?:war|ist) nicht|(?:ce )?n['’](?:était|est) pas|c['’](?:était|est) pas|(?:la causa )?no (?:fue|era|es)|not|nicht|pas) /iu;
const was =
  /^(?:(?:it|that|this|the (?:root |real |actual )?cause|the culprit) (?:was|is|must have been|turned out to be)|it['’]s|(?:es|das|die ursache) (?:war|ist)|c['’](?:était|est)|la cause (?:était|est)|(?:la causa )?(?:fue|era)) (?:(?:indeed|really|actually|in fact|definitely|only|wirklich|doch|tatsächlich|vraiment|bien|en fait|realmente|en realidad) )*/iu;
const toBlame =
  / (?:(?:was|is) (?:the (?:root |real |actual )?(?:cause|culprit|problem)|to blame|at fault)|war (?:es|die ursache|schuld)|était la cause|(?:fue|era) la causa)$/iu;
/** "rate, not geo": the second is what it was not. */
const andNot = /^(.+?)(?:,? (?:and |und |et |y )?(?:not|nicht|pas|no)|, rather than|,? instead of) (.+)$/iu;

/**
 * Whether a text says of the answer before it that it was right, or which service it was; null for one that
 * says or asks anything else ("was it rate?", "it was slow at 14:00"). Only a known service counts as one, and
 * nothing may stand beside it.
 */
export function readFeedback(text: string, services: readonly string[]): Feedback | null {
  const { text: clean } = cleanText(text);
  if (clean.length > longest || clean.includes("?")) return null;
  const sentence = clean
    .replace(/\s+/gu, " ")
    .trim()
    .replace(/[\s.!)…\p{Extended_Pictographic}]+$/u, "")
    .replace(filler, "");
  const { verdict, rest } = opening(sentence);
  if (rest === "") return verdict === null ? null : { verdict, service: null, denied: null };
  if (verdict !== "confirmed" && other.test(rest)) return { verdict: "wrong", service: null, denied: null };
  return statement(rest, verdict, services);
}

/** "Yes", "no, that was wrong" and the like, and what comes after. "Yes" and "no" alone say nothing of an answer. */
function opening(sentence: string): { verdict: Feedback["verdict"] | null; rest: string } {
  // "no fue geo" denies geo; "no, fue geo" does not.
  if (!wrong.test(sentence) && wasNot.test(sentence)) return { verdict: null, rest: sentence };
  const agreed = yes.exec(sentence)?.[0] ?? "";
  const denied = agreed === "" && !wrong.test(sentence) ? (no.exec(sentence)?.[0] ?? "") : "";
  const after = sentence.slice(agreed.length + denied.length).replace(separator, "");
  const isWrong = wrong.exec(after)?.[0] ?? "";
  const isRight = isWrong === "" && denied === "" ? (right.exec(after)?.[0] ?? "") : "";
  const rest = after.slice(isWrong.length + isRight.length);
  if (isWrong !== "") return { verdict: "wrong", rest: rest.replace(separator, "") };
  if (isRight !== "") return { verdict: "confirmed", rest: rest.replace(separator, "") };
  if (denied !== "") return { verdict: after === "" ? null : "wrong", rest: after };
  return { verdict: agreed === "" || after === "" ? null : "confirmed", rest: after };
}

/** "it was rate", "not geo", "rate was the culprit"; a name alone only after a yes or a no. */
function statement(
  rest: string,
  said: Feedback["verdict"] | null,
  services: readonly string[],
): Feedback | null {
  const not = wasNot.exec(rest);
  if (not !== null) {
    const denied = serviceIn(rest.slice(not[0].length), services);
    return denied === null ? null : { verdict: "wrong", service: null, denied };
  }
  const is = was.exec(rest)?.[0] ?? "";
  const blamed = is === "" ? rest.replace(toBlame, "") : rest.slice(is.length);
  if (is === "" && blamed === rest && said === null) return null;
  const both = andNot.exec(blamed);
  const service = serviceIn(both?.[1] ?? blamed, services);
  const denied = both === null ? null : serviceIn(both[2] ?? "", services);
  if (service === null || (both !== null && denied === null)) return null;
  return { verdict: said ?? "confirmed", service, denied };
}

const around =
  /^(?:(?:the|der|die|das|den|le|la|les|el|los|service|servicio|dienst) |l['’])+|[\s,]+(?:again|after all|this time|instead|itself|wieder|diesmal|encore|otra vez)$/giu;

/** The one known service that these words are, by its name as people write it, or by what it is for. */
function serviceIn(words: string, services: readonly string[]): string | null {
  const name = words.replace(around, "").replace(/^[`"'«»„“”]+|[`"'«»„“”,.;:]+$/gu, "");
  if (name === "" || /[`,;]/u.test(name)) return null;
  for (const written of [name, name.replace(/\s+/gu, "-")]) {
    const { services: found, notes, masked } = readServiceNames(`\`${written}\``, services);
    // A guess is good enough to look there, not to keep as the truth.
    const isWhole = !/[\p{L}\p{N}]/u.test(masked.replace(/services?/giu, ""));
    if (found.length === 1 && notes.length === 0 && isWhole) return found[0] ?? null;
  }
  const role = serviceRoles.find(({ called }) => called.exec(name)?.[0] === name);
  const playing = role === undefined ? [] : services.filter((service) => role.named.test(service));
  return playing.length === 1 ? (playing[0] ?? null) : null;
}

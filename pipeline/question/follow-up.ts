import type { FollowUp, PlainFollowUp } from "../types.ts";
import type { FollowUpText } from "./follow-up-text.ts";
import { againWithin, lookAgain, readLookAgain } from "./look-again.ts";
import { ordinaryWords } from "./ordinary-words.ts";
import { resolveWindow } from "./resolve-window.ts";
import { readServiceNames } from "./service-names.ts";
import { serviceRoles } from "./service-roles.ts";

const lead =
  /^(?:(?:ok(?:ay)?|so|and|but|hm+|well|please|now|then|also|right|(?:can|could|would|will) you|und|aber|bitte|et|mais|y|pero|e|mas)[\s,:.]+)*/iu;
const polite = /[\s,]*(?:please|pls|bitte|s'il (?:te|vous) pla[iî]t|por favor)?[\s!?.…)]*$/iu;

/** Whole sentences. Anything longer is a question of its own. */
const simple: readonly (readonly [PlainFollowUp, RegExp])[] = [
  [
    "thanks",
    /^(?:many )?(?:thanks|thank you|thankyou|thx|ty|cheers|perfect|got it|great|nice|cool|awesome|ok(?:ay)?|good (?:job|work|bot)|danke|merci|gracias|obrigad[oa]|alles klar|谢谢|ありがとう)(?: (?:you|so much|a lot|very much|all|bot|vielmals|schön|beaucoup|mucho|that helps?))*$/iu,
  ],
  [
    "more",
    /^(?:(?:tell|show|give) (?:me )?)?(?:(?:some |any |the )?more|(?:more |all |the )?details?|everything|all(?: of it)?|the (?:rest|whole (?:answer|thing|case))|full (?:answer|report))(?: (?:details?|info(?:rmation)?|about (?:it|this|that)))?$|^(?:mehr|details|alles|plus(?: de détails)?|más(?: detalles)?|mais|继续|更多|もっと(?:詳しく)?)$/iu,
  ],
  [
    "confidence",
    /\b(?:how (?:sure|certain|confident|reliable)|are you (?:really )?(?:sure|certain|confident)|what'?s? (?:is )?(?:your|the) confidence|can (?:i|we) trust|wie sicher|bist du (?:dir )?sicher|(?:es-tu|tu es) s[uû]re?|est[aá]s seguro)(?!\p{L})/iu,
  ],
  [
    "first-change",
    /\b(?:what (?:changed|broke|failed|happened|started|went (?:wrong|bad)|moved) first|what was (?:the )?first|(?:where|when|how) did (?:it|this|that|all this|the (?:incident|problem|trouble))(?: all)? (?:start|begin)|first (?:sign|symptom|anomaly|change)|time ?line|since when|(?:was|wo) (?:hat sich |ist )?(?:als erstes|zuerst)|seit wann|depuis quand|desde cu[aá]ndo)(?!\p{L})/iu,
  ],
  [
    "rivals",
    /^(?:(?:what|who|which (?:service|one)) else(?: (?:could|might|can) it be)?|(?:any|are there) (?:other|more) (?:suspects?|candidates?|causes?|ideas?|options?)|other (?:suspects?|candidates?|causes?)|alternatives?|what(?:'s| is) (?:second|next in line|number two)|(?:could|might) it be (?:something|anything|someone) else)$/iu,
  ],
  [
    "next-steps",
    /^(?:what (?:should|can|do|must|shall) (?:i|we) (?:do|try|check|look at)(?: (?:now|next|first|about (?:it|this|that)))?|what (?:now|next)|next steps?|how (?:do|can|should) (?:i|we) (?:fix|solve|repair|mitigate) (?:it|this|that)|was (?:nun|jetzt|tun|soll ich tun)|que faire|qu[eé] hago)$/iu,
  ],
  [
    "gaps",
    /^(?:what (?:could|did|can)(?: you not|n'?t you|n'?t) (?:see|look at|find|check)|what (?:is|was|are|'s) (?:missing|not (?:seen|looked at))|what did you (?:miss|not (?:see|look at|check))|(?:any )?(?:gaps|blind spots)|what (?:don'?t|do) you not know)$/iu,
  ],
  [
    "looked-at",
    /^(?:(?:what|which) (?:time|window|period|interval|time ?range|data|sources?)(?: (?:was|is|did you (?:look at|use|check|take)|were (?:used|looked at)))?(?: (?:that|this|it))?|what did you (?:look at|check|use)|where did you look)$/iu,
  ],
  [
    "which-trace",
    /^(?:which|what) (?:(?:of the )?(?:trace|request|span)s?)(?: (?:was|is|ids?|were|exactly))*(?: it)?$|^(?:an? |the )?(?:example )?trace ?ids?$|^welche[rs]? (?:trace|anfrage)$|^quelle trace$/iu,
  ],
  [
    "which-instance",
    /^(?:which|what) (?:pod|instance|replica|node|container|host|machine)s?(?: (?:was|is|exactly))*(?: it)?$|^welche[rs]? (?:pod|instanz)$/iu,
  ],
];
const over =
  /\b(?:(?:is|was) (?:it|this|that|the (?:incident|problem|issue|outage|fault))(?: all)? (?:over|fixed|resolved|gone|solved|done|ongoing|finished|back to normal|still (?:\p{L}+ ?){1,3})|still (?:happening|broken|failing|going on|an issue|on ?going|bad|down|slow)|(?:has|did) (?:it|this|that|everything) (?:recover(?:ed)?|stop(?:ped)?|end(?:ed)?|calm(?:ed)? down)|are we (?:good|ok(?:ay)?|back|fine)(?: again| now)?|all clear|ist (?:es|das) (?:vorbei|behoben|gelöst)|immer noch (?:kaputt|da)|c'est (?:fini|r[eé]solu)|sigue fallando|ya pas[oó])(?!\p{L})/iu;
/** A first group says that a service must follow, whatever it is called. */
const aboutOne: readonly (readonly ["why-not" | "why" | "about", RegExp])[] = [
  [
    "why-not",
    /^(why (?:not|isn'?t it|is it not|wasn'?t it)|warum nicht|wieso nicht|pourquoi pas|por qu[eé] no)(?= |$)/iu,
  ],
  [
    "why-not",
    /^(?:(?:could|might|may) it (?:also |still )?be|(?:is|was)(?:n'?t)? it(?: maybe| not)?|not)(?= )/iu,
  ],
  [
    "why",
    /^(?:why(?: is it| do you (?:say|think|blame|suspect|name)| did you (?:pick|name|choose|blame|say))?|explain(?: (?:this|that|it|why|more))*|how do you know(?: (?:that|this))?|what makes you (?:think|say|sure)(?: (?:that|so))?|warum|wieso|pourquoi|por qu[eé])(?= |$)/iu,
  ],
  [
    "about",
    /^(what about|how about|what of|was ist mit|wie sieht es mit|qu[eé] (?:tal|pasa con|hay de))(?= )/iu,
  ],
  ["about", /^(?:anything (?:about|on|in|from)|et|e)(?= )/iu],
];
const about = /^(?:what about|how about|what of|was ist mit|qu[eé] tal)(?= )/iu;
const show =
  /^(?:show|list|give|see|print|display|which|what|let me see|zeig\p{L}{0,2}|montre\p{L}{0,3}|muestra\p{L}{0,2}|mu[eé]strame)(?: (?:me|us|mir|uns|moi))?(?= )/iu;
const shown: readonly (readonly ["log" | "metric" | "trace" | "evidence" | "rankings", RegExp])[] = [
  [
    "log",
    /^(?:all |the |those |its |more |any |die |les |los |example )*(?:logs?|log ?lines?|log messages?|protokolle?|journaux|registros?)(?!\p{L})/iu,
  ],
  [
    "metric",
    /^(?:all |the |those |its |more |any |die |les |las )*(?:metrics?|charts?|graphs?|numbers|metriken|métriques|métricas|cpu|memory)(?!\p{L})/iu,
  ],
  [
    "trace",
    /^(?:all |the |those |its |more |any |die |les |las |example )*(?:traces?|spans?|requests|call paths?|trazas)(?!\p{L})/iu,
  ],
  [
    "evidence",
    /^(?:all |the |your |that |more )*(?:evidence|proofs?|reasons?|anomal(?:y|ies)|data|beweise?|preuves?|pruebas?)(?!\p{L})/iu,
  ],
  ["rankings", /^(?:all |the |your )*(?:rankings?|scores?|candidates|suspects|methods)(?!\p{L})/iu],
];
/** Small words around a service's name in a short question. */
const filler =
  /^(?:the|a|an|service|services|svc|for|of|from|about|in|on|its|it|is|and|or|der|die|das|den|dem|dienst|für|von|le|la|les|du|de|des|el|los|las|pod|pods|instead|then|too|though|rather|itself|or|und|et|y|,|\?|!|\.|:)$/iu;

/** What is asked about the answer before; null for a question of its own. */
export function readFollowUp(text: string, read: FollowUpText): FollowUp | null {
  const sentence = text.replace(/\s+/gu, " ").replace(polite, "").trim();
  const bare = sentence.replace(lead, "") || sentence;
  const isTimed = read.reading.main !== null;
  for (const [kind, pattern] of simple) if (pattern.test(bare)) return { kind };
  const changed = readLookAgain(bare, read);
  if (changed !== null) return changed;
  if (over.test(bare)) return { kind: "is-over", again: againWithin(read) };
  if (!isTimed) {
    const said = readAboutService(bare, read);
    if (said !== null) return said;
    const shows = readShow(bare, read);
    if (shows !== null) return shows;
  }
  return readOwnQuestion(sentence, bare, read);
}

/** "why not rate?", "why geo?", "what about the database?", "could it be search?" */
function readAboutService(bare: string, read: FollowUpText): FollowUp | null {
  for (const [kind, pattern] of aboutOne) {
    const asks = pattern.exec(bare);
    if (asks === null) continue;
    const rest = bare.slice(asks[0].length).trim();
    const mentioned = rest.replace(/^(?:the|die|der|das|la|le|les) /iu, "");
    const named = namedIn(rest, read);
    if (named !== null && (named.length > 0 || asks[0] === bare)) return { kind, services: named, mentioned };
    const role = serviceRoles.find(({ called }) => called.test(rest));
    if (role !== undefined && wordsIn(rest).length <= 3)
      return { kind, services: read.previous.known.filter((service) => role.named.test(service)), mentioned };
    // "is it slow" asks for something else; "what about foo" asks about a foo that the answer does not have.
    if (asks[1] !== undefined && named === null && isName(rest)) return { kind, services: [], mentioned };
  }
  const named = namedIn(bare, read);
  return named !== null && named.length > 0 ? { kind: "about", services: named, mentioned: bare } : null;
}

const wordsIn = (rest: string) => rest.split(/\s+/u).filter((word) => word !== "" && !filler.test(word));

function isName(rest: string): boolean {
  const words = wordsIn(rest);
  return (
    words.length === 1 &&
    /^[\p{L}][\p{L}\d._-]{1,60}$/u.test(words[0] ?? "") &&
    !ordinaryWords.has(words[0]?.toLowerCase() ?? "")
  );
}

/** "show the logs", "evidence for rate", "the traces of geo". */
function readShow(bare: string, read: FollowUpText): FollowUp | null {
  const asks = show.exec(bare);
  const rest = asks === null ? bare : bare.slice(asks[0].length).trim();
  for (const [what, pattern] of shown) {
    const found = pattern.exec(rest);
    if (found === null) continue;
    const named = namedIn(rest.slice(found[0].length), read);
    if (named !== null) return { kind: "show", what, services: named };
  }
  return null;
}

/**
 * The services in the rest of a short question, in which ordinary words ("rate") are names too; null where it
 * says anything else.
 */
function namedIn(rest: string, { names }: FollowUpText): readonly string[] | null {
  const services: string[] = [];
  for (const word of rest
    .split(/[\s,/]+/u)
    .map((part) => part.replace(/^[`"'(]+|[`"'):;?!.]+$/gu, "").replace(/['’]s$/u, ""))) {
    if (word === "" || filler.test(word)) continue;
    const { services: found } = readServiceNames(`\`${word}\``, names);
    if (found.length === 0)
      return readServiceNames(rest, names).services.length > 1 && !ordinaryWords.has(word)
        ? null
        : whole(rest, names);
    services.push(...found);
  }
  return [...new Set(services)];
}

/** "mongodb geo": a name in two words. */
function whole(rest: string, names: readonly string[]): readonly string[] | null {
  const words = rest.split(/\s+/u).filter((word) => word !== "" && !filler.test(word));
  const { services } = readServiceNames(`\`${words.join("-")}\``, names);
  return services.length === 1 ? services : null;
}

/**
 * A question of its own that leaves out what the answer before had: "why is rate slow?" without a time, "and
 * between 14:00 and 14:30?" without a service. One that says both is none of ours.
 */
function readOwnQuestion(sentence: string, bare: string, read: FollowUpText): FollowUp | null {
  const { reading, services, unknownServices, modalities, previous, asked } = read;
  const namesService = services.length > 0 || unknownServices.length > 0;
  const isLed = bare !== sentence || about.test(bare) || modalities !== null;
  if (reading.main === null) {
    if (
      modalities === null &&
      !(namesService && /\?|\b(?:why|what|check|look|broke|wrong|slow|fail\w*|error\w*)\b/iu.test(sentence))
    )
      return null;
    return lookAgain(read, {
      window: previous.window,
      services: namesService ? null : previous.services,
      modalities: modalities ?? previous.modalities,
      note: "No time was named, so the window of the answer before was taken.",
    });
  }
  if (!isLed || reading.main.kind === "vague") return null;
  const resolved = resolveWindow(reading, asked);
  if (resolved === null) return null;
  return lookAgain(read, {
    window: resolved.window,
    services: namesService ? null : previous.services,
    modalities: modalities ?? previous.modalities,
    note: namesService ? "" : "No service was named, so those of the answer before were taken.",
  });
}

/**
 * The words by which English sentences claim how things hang together, as data. Names are marked before: "<geo>" is
 * a service, "[cpu_usage]" a metric. All of it is matched in lower case.
 */

type Relation = "causes" | "waits" | "before";

/** `turned`: what stands behind the words comes first, as in "is slow because of". The longer words first. */
export const relations: readonly {
  readonly kind: Relation;
  readonly turned: boolean;
  readonly words: RegExp;
}[] = [
  {
    kind: "causes",
    turned: true,
    words:
      /\b(?:because of|because|due to|owing to|(?:caused|triggered|driven|induced|explained|slowed(?: down)?|affected|impacted|overloaded|broken|(?:brought|pulled|taken|dragged) down|blocked|delayed) by|as an? (?:result|consequence|effect) of|(?:results?|resulted|resulting|stems?|stemmed|stemming|follows|comes?|came|originates?|originated) (?:from|in)|attributed to|attributable to|(?:an? |the )?(?:symptom|victim|consequence|effect|result)s? of|suffers? from|suffered from|traced back to)\b/g,
  },
  {
    kind: "waits",
    turned: false,
    words:
      /\b(?:wait(?:s|ed|ing)? (?:for|on)|depend(?:s|ed|ing)? (?:up)?on|rel(?:y|ies|ied) on|(?:is|are|was|were) downstream of|blocked on)\b/g,
  },
  {
    kind: "causes",
    turned: false,
    words:
      /\b(?:caus(?:e|es|ed|ing)(?! of)|(?:is|are|was|were) (?:the )?(?:root )?cause (?:of|for|behind)|(?:leads?|led|leading) to|results? in|resulted in|resulting in|triggers|triggered|mak(?:es|ing)|made|induces|induced|br(?:eaks|oke)|slows|slowed(?: down)?|overload(?:s|ed)|affect(?:s|ed)|impact(?:s|ed)|blocks|blocked|delays|delayed|(?:brings|brought|takes|took) down|(?:brings|brought|takes|took|drags|dragged|slows|slowed)(?= (?:the )?<[^<>]+> down)|puts? (?:\w+ )?(?:load|pressure|strain) on|(?:propagat|cascad)(?:es|ed|ing) (?:in)?to|spreads? (?:in)?to|responsible for|explains?|explained|reached|(?:led|leads|drove|drives|forced|forces|pushed|pushes)(?= (?:the )?<[^<>]+> (?:to|into)\b)|drags|dragged(?: down)?|starves|starved)\b/g,
  },
  {
    kind: "before",
    turned: false,
    words:
      /\b(?:before|precede[sd]?|preceding|ahead of|earlier than|prior to|followed by|then|(?:is|was|were|are) already [^<]*when)\b/g,
  },
  { kind: "before", turned: true, words: /\b(?:after|follow(?:s|ed)|later than|in the wake of)\b/g },
];

/** "slowed after geo did" says nothing that geo was slowed by. */
export const goesOn = /^ (?:after|before|because|when|since|as|due|until|first|at|on|by)\b/;
export const denial = /\b(?:not|never|no longer|neither|nor|cannot|without)\b|n['’]t\b/;
export const spreads =
  /^(.*)\b(?:spreads?|propagat\w+|cascad\w+|travel\w+|moved|reached)\b[^<]*\bfrom\b(.*?)\b(?:in)?to\b(.*)$/;
export const originates =
  /^(.*\b(?:failure|fault|problem|delay|slowness|error|errors|degradation|outage|issue|incident)\b[^<]*)\b(?:in|at|with|from|by)\b(.*?)\b(?:reach\w*|spread\w*|propagat\w+|cascad\w+|mov\w+)\b(.*)$/;

export const places: Readonly<Record<string, number>> = {
  first: 1,
  highest: 1,
  top: 1,
  second: 2,
  third: 3,
  fourth: 4,
  fifth: 5,
};
export const modalityWords: readonly (readonly [RegExp, string])[] = [
  [/\b(?:log|logs|line|lines|logged)\b/, "log"],
  [/\b(?:trace|traces|request|requests)\b/, "trace"],
  [/\b(?:metric|metrics)\b/, "metric"],
];

/** The last word says the place. */
export const rankedWords =
  /\b(?:rank(?:s|ed|ing)?|plac(?:e|es|ed)|puts?|comes?|came|listed|names?|(?:is|stands)(?= \w+ in the ranking))\b[^.]*?\b(first|second|third|fourth|fifth|highest|top)\b/;
const changed =
  "(?:change|changed|begin|began|start|started|break|broke|fail|failed|appear|appeared|degrade|degraded|deviate|deviated|go|went|act|show|react|slow|rise|rose|drop|dropped|misbehave|occur|occurred)";
const extremeOf = (words: string) =>
  new RegExp(
    `\\b(?:(?:${words}) to ${changed}|(?:is|was|were|are) \\w+ (?:${words})(?= |$|[.,])|${changed}(?: \\w+)? (?:${words})(?= |$|[.,])|(?:${words}) (?:sign|anomaly|symptom|error|failure|change|deviation|service|metric)|(?:is|was) the (?:${words})\\b)`,
  );
export const extremes = [
  ["first", extremeOf("first|earliest|initial")],
  ["last", extremeOf("last|latest")],
] as const;
export const hearsayWords =
  /\b(?:people|operators?|engineers?|users?|customers?|someone|somebody|everyone|the team|they|on-?call) (?:have |has |had )?(?:said|say|says|confirmed|confirm|reported|report|told|noted|found|agree|agreed|complained)\b|\b(?:was|were|has been|have been|been|is) (?:confirmed|reported|verified|acknowledged)\b|\bconfirmed (?:as|to be|that)\b|\b(?:according to|reported by) (?:the )?(?:people|operators?|engineers?|users?|customers?|team)\b|\bknown (?:issue|problem|bug|incident|cause)\b/;
export const earlierWords =
  /\b(?:earlier|previous|past|similar|prior|former|last) (?:incident|outage|failure|case)s?\b|\blast time\b/;
export const normal =
  /\b(?:is|are|was|were|looks?|looked|remain(?:s|ed)?|stay(?:s|ed)?|seem(?:s|ed)?|appear(?:s|ed)?|behave[sd]?)\s+(?:\w+\s+)?(?:normal(?:ly)?|healthy|unaffected|fine|okay|stable|not affected|not abnormal|as usual|back to normal)\b|\b(?:shows?|showed|has|had|have|with) no (?:\w+ )?(?:anomal(?:y|ies)|signs?|problems?|deviations?|symptoms?|abnormal\w*)\b/;
export const noAnomaly =
  /\b(?:no (?:\w+ )?(?:anomal(?:y|ies)|signs?|symptoms?)|nothing (?:abnormal|unusual)) (?:is |was |were |are )?(?:\w+ )?(?:in|of|for|on)\b/;
export const noCause =
  /\b(?:is|was|are|were|can|could)(?: not|n['’]t| never| unlikely(?: to be)?)(?: be)?(?: \w+)?(?: the| a)?(?: \w+)? (?:cause|culprit|origin|responsible|at fault|to blame)\b|\b(?:rules?|ruled|ruling) out\b/;
export const rise =
  /\b(?:rose|rises?|rising|increas(?:e|es|ed|ing)|climb(?:s|ed|ing)?|grew|grows?|growing|jump(?:s|ed)?|spik(?:es|ed|ing)|surg(?:es|ed|ing)|went up|goes up|shift(?:s|ed)? up)\b/;
export const fall =
  /\b(?:fell|falls?|falling|dropp?(?:s|ed|ing)?|decreas(?:e|es|ed|ing)|declin(?:es|ed|ing)|sank|plung(?:es|ed)|plummet(?:s|ed)|went down|goes down|shrank|shift(?:s|ed)? down)\b/;

/** Who is said to be alone is in one of the three groups. */
export const aloneWords =
  /\bonly (<[^<>]+>)|(<[^<>]+>)(?: \w+)? (?:is|was) the only (?:service|one)|\bonly (?:the |in |by |on )+(?:\w+ )?(?:of |in )?(<[^<>]+>)/;
export const numberWords: Readonly<Record<string, number>> = {
  one: 1,
  single: 1,
  two: 2,
  both: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
};
export const counted =
  /\b(?:(all|every|each|none|no)(?: of)?(?: the| its| their)?|(one|single|two|both|three|four|five|six|seven|eight|nine|ten|\d+)(?: of (?:the|its))?)(?: (two|three|four|five|six|seven|eight|nine|ten|\d+))?(?: (?!more\b)[a-z]+)? ?(?:<[^<>]+> )?(instances?|replicas?|pods?|services?|methods?|localizers?|callers?|requests?|traces|calls|queries)\b/g;
export const ratios: readonly (readonly [RegExp, number])[] = [
  [/\b(?:twice|doubled|doubles|two-fold|twofold|two times)\b/, 2],
  [/\b(?:tripled|triples|three-fold|threefold|three times)\b/, 3],
  [/\b(?:quadrupled|four times|fourfold)\b/, 4],
  [/\b(?:ten times|tenfold|ten-fold)\b/, 10],
  [/\b(?:halved|halves|by half|half (?:its|the|of the) (?:usual|normal|previous))\b/, 0.5],
];

export const mostWords =
  /\b(?:strongest|worst|most severe(?:ly)?|largest|biggest|highest|slowest|most abnormal|most affected|hardest hit)\b/;
export const leastWords = /\b(?:lowest|smallest|weakest|mildest|least (?:affected|abnormal|severe))\b/;

import type { Intent } from "../types.ts";

const rules: readonly (readonly [intent: Intent, pattern: RegExp])[] = [
  [
    "help",
    /^(?:help|hilfe|aide|ayuda|usage|commands?|\?{1,5}|帮助|ヘルプ|使い方)(?: me| please| bitte)?[\s!?.]{0,5}$/iu,
  ],
  [
    "help",
    /\b(?:what (?:can|do) you do|what are you|who are you|how (?:do|can) i use|how does (?:this|it) work|what can i ask|was kannst du|wer bist du|que peux-tu faire|qué puedes hacer)\b|你能做什么|何ができ/iu,
  ],
  [
    "none",
    /^(?:hi|hello|hey|hallo|moin|bonjour|hola|thanks|thank you|thx|danke|merci|gracias|ok|okay|cool|great|nice|bye|good (?:morning|evening|night|afternoon|day)|guten (?:morgen|tag|abend)|你好|谢谢|こんにちは|ありがとう)(?: (?:there|all|team|everyone|bot|you|so much|a lot))?[\s!.,]{0,5}$/iu,
  ],
  [
    "schedule",
    /^(?:please |can you |bitte )?(?:schedule|unschedule|subscribe|unsubscribe|remind|plane|planen)\b/iu,
  ],
  [
    "schedule",
    /\b(?:every|each|jeden|jede|chaque|cada) (?:day|morning|evening|night|hour|week|weekday|workday|monday|tuesday|wednesday|thursday|friday|saturday|sunday|tag|morgen|stunde|woche|montag|freitag|jour|matin|día|\d{1,3} (?:minutes?|hours?|minuten|stunden))\b/iu,
  ],
  ["schedule", /\b(?:send|post|give|report|run|check)\b[^.?!]{0,60}\b(?:daily|weekly|hourly|weekdays)\b/iu],
  [
    "summary",
    /\b(?:summar(?:y|i[sz]e|ies)|sum(?:s|med|ming)? (?:[^\s.?!]{1,30} ){0,4}up|(?:what|which|how many|list|all)(?: the| our| of the)? (?:incidents|outages)|recap|digest|overview|weekly report|daily report|zusammenfass\p{L}{0,5}|fasse? .{0,60} zusammen|überblick|résum\p{L}{0,4}|resum\p{L}{0,4})(?!\p{L})|总结|摘要|まとめ|要約/iu,
  ],
  [
    "follow-up",
    /^(?:(?:ok|okay|so|and|but|hm+),? )?(?:why not|and (?:yesterday|what|how|the|in)|what about|how about|show (?:me )?(?:the |more |all )?(?:logs?|metrics?|traces?|spans?|evidence|details)|which (?:trace|log|metric|pod|instance)s?\b|what changed first|how (?:sure|certain|confident)|ignore (?:the )?(?:logs?|metrics?|traces?)|without (?:logs?|metrics?|traces?)|widen|narrow|extend|is (?:it|that) (?:over|fixed|still)|tell me more|more details?|explain (?:that|this|more|why)|are you sure|und (?:gestern|was ist mit)|warum nicht|zeig)/iu,
  ],
];

const fault =
  /\b(?:broke\p{L}{0,3}|break\p{L}{0,4}|fail\p{L}{0,5}|fault\p{L}{0,2}|error\p{L}{0,3}|exception\p{L}{0,1}|wrong|slow\p{L}{0,5}|latency|latencies|timeouts?|timing out|timed out|down|outage|incident|issue\p{L}{0,1}|problem\p{L}{0,2}|crash\p{L}{0,4}|died|dead|dies|restart\p{L}{0,4}|spik\p{L}{0,3}|anomal\p{L}{0,4}|odd|weird|strange|unusual|happen\p{L}{0,4}|going on|went|cause\p{L}{0,1}|root cause|diagnos\p{L}{0,3}|investigate|analy[sz]e|check|why|[45]xx|[45]\d\d|cpu|memory|oom|p9\d|pods?|services?|unavailable|unreachable|degraded|stuck|hang\p{L}{0,3}|refus\p{L}{0,3}|saturat\p{L}{0,3}|kaputt|langsam|fehler|ausfall|störung|passiert|los|warum|panne|lent\p{L}{0,2}|erreur\p{L}{0,1}|cassé|passé|pourquoi|fallo\p{L}{0,1}|fall[aóo]|lento|roto|pasó|por qué)(?!\p{L})|问题|故障|错误|异常|慢|崩|挂|壊|エラー|障害|遅|落ち|原因|発生/iu;

/** What a message wants. `flavoured`: it names a time or a service, which only questions about faults do here. */
export function readIntent(text: string, flavoured: boolean): Intent {
  if (!/[\p{L}\p{N}]/u.test(text)) return text.includes("?") ? "help" : "none";
  for (const [intent, pattern] of rules) if (pattern.test(text)) return intent;
  return flavoured || fault.test(text) ? "diagnose" : "none";
}

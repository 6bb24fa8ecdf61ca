/**
 * The words of time in six languages, by what they do in a sentence. Written without accents and in lower
 * case, as the lexer looks them up; underscores stand for spaces. Languages share one table: the grammar
 * sees kinds, never words.
 */
export type Unit = "second" | "minute" | "hour" | "day" | "week" | "month" | "year";
export type Part = "early" | "morning" | "noon" | "afternoon" | "evening" | "night" | "tonight";

/** Words that only steer: what they govern is decided by the grammar. */
export type Keyword =
  | "last"
  | "next"
  | "this"
  | "ago"
  | "since"
  | "from"
  | "to"
  | "between"
  | "and"
  | "at"
  | "in"
  | "before"
  | "after"
  | "until"
  | "for"
  | "oclock"
  | "half"
  | "quarter"
  | "onwards"
  | "vague"
  | "happening"
  | "weekend"
  | "every"
  | "filler"
  | "begin"
  | "a"
  | "morgen";

const list = (words: string): readonly string[] => words.split(" ").map((word) => word.replaceAll("_", " "));

export const keywords: Readonly<Record<Keyword, readonly string[]>> = {
  last: list(
    "last past previous prior preceding recent latest trailing letzte letzten letzter letztes letztem vergangene vergangenen vergangener vergangenes vorige vorigen voriger derniere dernieres dernier derniers passe passee passes passees precedente precedent ultima ultimas ultimo ultimos pasada pasadas pasado pasados passada passado passadas passados 过去 過去 最近 近 上 先 直近 ここ この 去",
  ),
  next: list(
    "next upcoming coming nachste nachsten nachster nachstes kommende kommenden prochaine prochain prochaines prochains proxima proximo proximas proximos 未来 接下来 今後 来",
  ),
  this: list("this diese dieser diesen diesem dieses ce cette cet esta este esto 这 本 今"),
  ago: list("ago back her atras 前 之前 以前 前に"),
  since: list("since ever_since seit seitdem depuis desde 以来 以降 自从 自 从 從 之后 以后"),
  from: list("from von vom starting_from starting"),
  to: list("to till til thru through bis hasta jusque jusqu'a jusqu al 到 至 から"),
  between: list("between zwischen entre in_between btw 之间 の間"),
  and: list("and & und et y e 和 と 与"),
  at: list(
    "at @ around about approximately approx roughly circa ca ungefahr etwa gegen um am on vers environ sobre hacia a_las a_la 在 大约 约 に 頃 ごろ",
  ),
  in: list(
    "in during within im inside over wahrend innerhalb pendant durant durante en au aux dans por por_la pela na nas em",
  ),
  before: list("before prior_to vor bevor avant il_y_a ya antes_de antes hace ha"),
  after: list("after nach apres despues_de despues ab as_of later_than"),
  until: list("until ate up_to up_until ending_at ending まで 为止"),
  for: list("for fur fuer"),
  oclock: list("o'clock oclock uhr hours_local"),
  half: list("half halb halbe halben halber halbes demi demie media medio meia meio 半"),
  quarter: list("quarter viertel quart cuarto"),
  onwards: list("onwards onward on_wards forward"),
  vague: list(
    "recently lately these_days a_while_ago some_time_ago a_moment_ago just_now earlier of_late the_other_day right_now currently at_the_moment not_long_ago a_bit_ago kurzlich neulich vor_kurzem letzter_zeit letzte_zeit in_letzter_zeit vorhin gerade gerade_eben eben jetzt aktuell derzeit zurzeit momentan recemment dernierement ces_derniers_temps en_ce_moment maintenant tout_a_l'heure recientemente ultimamente hace_poco ahora a_while_back some_time_back moments_ago recentemente agora 刚才 刚刚 现在 近期 最近ずっと さっき 先ほど 今 目前",
  ),
  happening: list(
    "deploy deploys deployment deployments release releases rollout rollouts upgrade update restart restarts migration incident outage change changes push merge crash launch rollback failover maintenance patch commit reboot deploiement despliegue bereitstellung implantacao atualizacao reinicio ausfall neustart aktualisierung 部署 发布 上线 デプロイ リリース",
  ),
  every: list("every each daily weekly jeden jede jeder cada chaque 每 毎"),
  filler: list(
    "the der die das den dem le la les l' l el las los of de d' d del du just only almost nearly full whole entire as os da das exactly genau early late than or so like complete entirely 的 の 个 個 间 間",
  ),
  begin: list("beginning start begin"),
  weekend: list("weekend weekends week-end wochenende fin_de_semana 周末 週末"),
  a: list("a"),
  morgen: list("morgen morgens"),
};

export const units: Readonly<Record<Unit, readonly string[]>> = {
  second: list(
    "s sec secs second seconds sekunde sekunden sek seconde secondes segundo segundos 秒 秒钟 秒間",
  ),
  minute: list("m min mins minute minutes minuten minuto minutos mn 分钟 分鐘 分間 分"),
  hour: list("h hr hrs hour hours stunde stunden std heure heures hora horas 小时 小時 钟头 时间 時間"),
  day: list("d day days tag tage tagen jour jours journee dia dias 天 日 日間"),
  week: list("w wk wks week weeks woche wochen semaine semaines semana semanas 周 週 星期 週間 礼拜"),
  month: list("mo month months monat monate monaten mois mes meses 月 个月 個月 ヶ月 か月"),
  year: list("yr yrs year years jahr jahre jahren an ans annee annees ano anos 年"),
};

export const dayWords: Readonly<Record<string, readonly string[]>> = {
  "-2": list(
    "anteontem day_before_yesterday ereyesterday vorgestern avant-hier avant_hier anteayer antier antes_de_ayer 前天 一昨日 おととい",
  ),
  "-1": list("ontem yesterday yday gestern hier ayer 昨天 昨日"),
  "0": list("hoje today heute aujourd'hui hoy 今天 今日"),
  "1": list("amanha tomorrow demain 明天 明日"),
  "2": list("overmorrow ubermorgen uebermorgen pasado_manana 后天"),
};

export const partWords: Readonly<Record<Part, readonly string[]>> = {
  early: list("early_hours small_hours madrugada 凌晨 未明"),
  morning: list(
    "morning mornings forenoon vormittag vormittags fruh frueh matin matinee manana manha 早上 上午 早晨 朝 午前",
  ),
  noon: list("lunchtime lunch lunch_time mittag mittags mediodia 中午 昼"),
  afternoon: list("afternoon afternoons nachmittag nachmittags apres-midi apres_midi tarde 下午 午後"),
  evening: list("evening evenings eve abend abends soir soiree 晚上 傍晚 夕方"),
  night: list("night nights nite nites noite nighttime nacht nachts nuit noche 夜里 半夜 夜 深夜 夜中"),
  tonight: list("tonight ce_soir esta_noche heute_abend 今晚 今夜 今夕"),
};

/** A part of a day with the day in the same word; the number is days from today. */
export const partOfDayWords: readonly (readonly [words: readonly string[], days: number, part: Part])[] = [
  [
    list(
      "overnight last_nite last_night over_night uber_nacht ueber_nacht letzte_nacht letzten_nacht vergangene_nacht vergangenen_nacht anoche la_nuit_derniere nuit_derniere 昨晚 昨夜 ゆうべ 昨夜中",
    ),
    -1,
    "night",
  ],
  [
    list("this_morning heute_morgen heute_fruh heute_frueh ce_matin esta_manana 今早 今朝 今早上"),
    0,
    "morning",
  ],
  [list("gestern_morgen gestern_fruh gestern_frueh ayer_por_la_manana"), -1, "morning"],
  [list("vorgestern_morgen vorgestern_fruh"), -2, "morning"],
  [list("last_evening"), -1, "evening"],
];

export const weekdayWords: readonly (readonly string[])[] = [
  list("monday mondays montag montags lundi lunes segunda-feira 星期一 周一 月曜日 月曜 mon mo"),
  list("tuesday tuesdays dienstag dienstags mardi martes terca-feira 星期二 周二 火曜日 火曜 tue tues"),
  list(
    "wednesday wednesdays mittwoch mittwochs mercredi miercoles quarta-feira 星期三 周三 水曜日 水曜 wed weds",
  ),
  list(
    "thursday thursdays donnerstag donnerstags jeudi jueves quinta-feira 星期四 周四 木曜日 木曜 thu thur thurs",
  ),
  list("friday fridays freitag freitags vendredi viernes sexta-feira 星期五 周五 金曜日 金曜 fri"),
  list("saturday saturdays samstag samstags sonnabend samedi sabado 星期六 周六 土曜日 土曜 sat"),
  list("sunday sundays sonntag sonntags dimanche domingo 星期日 星期天 周日 日曜日 日曜 sun"),
];
/** Short forms are words of their own ("sat", "sun"): they count only where something makes them a day. */
export const weakWeekdays: ReadonlySet<string> = new Set(
  list("mon mo tue tues wed weds thu thur thurs fri sat sun"),
);

export const monthWords: readonly (readonly string[])[] = [
  list("january jan januar janvier enero"),
  list("february feb februar fevrier febrero"),
  list("march mar marz maerz mars marzo"),
  list("april apr avril abril"),
  list("may mai mayo"),
  list("june jun juni juin junio"),
  list("july jul juli juillet julio"),
  list("august aug aout agosto"),
  list("september sep sept septembre septiembre"),
  list("october oct oktober okt octobre octubre"),
  list("november nov novembre noviembre"),
  list("december dec dezember dez decembre diciembre"),
];

export const numberWords: Readonly<Record<string, number>> = {
  zero: 0,
  one: 1,
  an: 1,
  two: 2,
  three: 3,
  four: 4,
  five: 5,
  six: 6,
  seven: 7,
  eight: 8,
  nine: 9,
  ten: 10,
  eleven: 11,
  twelve: 12,
  thirteen: 13,
  fourteen: 14,
  fifteen: 15,
  sixteen: 16,
  seventeen: 17,
  eighteen: 18,
  nineteen: 19,
  twenty: 20,
  thirty: 30,
  forty: 40,
  fifty: 50,
  sixty: 60,
  ninety: 90,
  hundred: 100,
  couple: 2,
  "a couple": 2,
  "couple of": 2,
  "a couple of": 2,
  several: 5,
  few: 3,
  "a few": 3,
  dozen: 12,
  ein: 1,
  eine: 1,
  einer: 1,
  einen: 1,
  einem: 1,
  eins: 1,
  zwei: 2,
  zwo: 2,
  drei: 3,
  vier: 4,
  funf: 5,
  sechs: 6,
  sieben: 7,
  acht: 8,
  neun: 9,
  zehn: 10,
  elf: 11,
  zwolf: 12,
  funfzehn: 15,
  zwanzig: 20,
  dreissig: 30,
  dreißig: 30,
  vierzig: 40,
  funfundvierzig: 45,
  funfzig: 50,
  sechzig: 60,
  neunzig: 90,
  vierundzwanzig: 24,
  anderthalb: 1.5,
  eineinhalb: 1.5,
  zweieinhalb: 2.5,
  dreieinhalb: 3.5,
  paar: 3,
  "ein paar": 3,
  einige: 3,
  einigen: 3,
  un: 1,
  une: 1,
  deux: 2,
  trois: 3,
  quatre: 4,
  cinq: 5,
  sept: 7,
  huit: 8,
  neuf: 9,
  dix: 10,
  douze: 12,
  quinze: 15,
  vingt: 20,
  trente: 30,
  quarante: 40,
  cinquante: 50,
  soixante: 60,
  quelques: 3,
  uno: 1,
  una: 1,
  dos: 2,
  tres: 3,
  cuatro: 4,
  cinco: 5,
  seis: 6,
  siete: 7,
  ocho: 8,
  nueve: 9,
  diez: 10,
  doce: 12,
  veinte: 20,
  treinta: 30,
  cuarenta: 40,
  cincuenta: 50,
  sesenta: 60,
  "un par de": 2,
  "un par": 2,
  几: 3,
  数: 3,
  幾: 3,
};
/** Lengths of time in one word, in minutes. */
export const durationWords: Readonly<Record<string, number>> = {
  viertelstunde: 15,
  halbstunde: 30,
  "half-hour": 30,
  dreiviertelstunde: 45,
  fortnight: 14 * 24 * 60,
  fortnights: 14 * 24 * 60,
};
/** What stands before the number of a week: "CW 47", "KW47". */
export const weekNumberWords = /^(?:cw|kw|kalenderwoche)$/;

/** "a few": more minutes than hours are meant. */
export const vagueNumbers: ReadonlySet<string> = new Set(
  list("few a_few several paar ein_paar einige einigen quelques 几 数 幾"),
);

export const clockWords: Readonly<Record<string, number>> = {
  noon: 12,
  "meio-dia": 12,
  "meia-noite": 0,
  midday: 12,
  midi: 12,
  正午: 12,
  midnight: 0,
  mitternacht: 0,
  minuit: 0,
  medianoche: 0,
  午夜: 0,
  真夜中: 0,
};

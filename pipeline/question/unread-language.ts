/**
 * Whether a text is in a language that the grammar of times does not read. A clock in it would be found, and the
 * "yesterday" beside it not: a wrong window. So nothing is taken from such a text but names of services.
 *
 * Told by its script, or by words of time that are no words of the languages that are read (English, German, French, Spanish,
 * Portuguese; Chinese and Japanese by their scripts). Where neither tells, the text is taken for one that is read.
 */
export function isUnreadLanguage(text: string): boolean {
  const letters = text.match(/\p{L}/gu) ?? [];
  const foreign = letters.filter(
    (letter) => !/[\p{Script=Latin}\p{Script=Han}\p{Script=Hiragana}\p{Script=Katakana}]/u.test(letter),
  );
  // A name or a quoted log line in another script makes no sentence of it.
  if (foreign.length >= fewestForeign && foreign.length > letters.length / 3) return true;
  const words = text.toLowerCase().match(/\p{L}+(?:['’]\p{L}+)?/gu) ?? [];
  return words.some((word) => markers.has(word) || elided.test(word));
}

const fewestForeign = 3;
/** Italian: "nell'ultima ora", "dall'una", "mezz'ora". */
const elided = /^(?:nell|dall|all|mezz|quest)['’]/;

/** Said to people where a question could not be read. */
export const unreadNote =
  "The question is in a language that cannot be read without a language model: ask in English, German, French, Spanish or Portuguese to name a time.";

/** Words by which other languages name times, none of which is a word of a language that is read. */
const markers: ReadonlySet<string> = new Set(
  [
    // Italian
    "ieri oggi adesso stamattina stamani stanotte stasera pomeriggio mattina ore minuti giorni settimana scorsa scorso scorse scorsi ultime ultimi dalle tra mezz mezzora mezzogiorno lunedì martedì mercoledì giovedì venerdì domenica rotto successo",
    // Dutch
    "gisteren vandaag tussen afgelopen laatste uur uren geleden vanochtend vanmiddag vanavond vannacht sinds maandag dinsdag woensdag donderdag vrijdag zaterdag zondag vorige kapot",
    // Swedish, Danish, Norwegian, Icelandic
    "igår idag mellan senaste timmen timmar klockan måndag tisdag onsdag torsdag fredag lördag söndag förra går mellem mellom seneste siste timen klokken mandag tirsdag lørdag søndag gær",
    // Finnish, Estonian, Hungarian
    "eilen tänään välillä tunnin tuntia tunti viime aamulla illalla maanantai eile täna tegnap között óra órában utolsó hétfő délután reggel",
    // Polish, Czech, Slovak, Croatian, Slovenian
    "wczoraj dzisiaj dziś między ostatniej ostatnia ostatnich godziny godzinie godzin poniedziałek wtorek czwartek piątek niedziela včera vcera dnes mezi medzi poslední poslednej hodinu hodin pondělí pondelok úterý jučer danas između zadnji zadnjih sati včeraj",
    // Romanian, Turkish, Albanian
    "azi între ultimele dimineață aseară oră dün bugün arasında saat saatte önce sabah pazartesi akşam geçen dje sot",
    // Indonesian, Vietnamese, Swahili, Tagalog
    "kemarin antara terakhir tadi jam-jam hôm giờ phút kahapon kanina",
    // Catalan, Basque, Welsh, Irish
    "ahir avui atzo gaur ddoe heddiw inné inniu",
  ]
    .join(" ")
    .split(" "),
);

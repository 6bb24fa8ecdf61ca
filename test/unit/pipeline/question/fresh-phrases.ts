import type { PhraseGroup } from "./phrase-table.ts";

/**
 * Phrases that were written, each with its window by the conventions of docs/conversation.md, when the grammar was thought
 * to be done (2026-11-24), to see how it does on what it was not mended for. Written as in phrase-table.ts.
 */
const monday = "2026-11-23T15:20:30Z";

export const freshPhrases: readonly PhraseGroup[] = [
  {
    about: "fresh ranges and moments",
    now: monday,
    timeZone: "UTC",
    phrases: [
      ["what happened to geo between 2 and 3 am", "11-23 02:00 / 11-23 03:00"],
      ["errors between half past nine and ten this morning", "11-23 09:30 / 11-23 10:00"],
      ["why did search die at quarter to three", "11-23 02:15 / 11-23 03:15"],
      ["anything odd yesterday evening?", "11-22 18:00 / 11-23 00:00"],
      ["checkout failed around 11pm last night", "11-22 22:30 / 11-22 23:30"],
      ["from 13:10 through 13:25", "11-23 13:10 / 11-23 13:25"],
      ["14:02:10-14:03:40", "11-23 14:02:10 / 11-23 14:03:40"],
      ["two hours before 15:00", "11-23 13:00 / 11-23 15:00"],
      ["half an hour around 14:00", "11-23 13:30 / 11-23 14:30"],
      ["since quarter past two", "11-23 02:15 / now"],
      ["from Sunday 22:00 until this morning 06:00", "11-22 22:00 / 11-23 06:00"],
      ["the first hour of today", "11-23 00:00 / 11-23 01:00"],
      ["between yesterday noon and midnight", "11-22 12:00 / 11-23 00:00"],
      ["Thursday at 17:45", "11-19 17:15 / 11-19 18:15"],
      ["last Tuesday between 10 and 11", "11-17 10:00 / 11-17 11:00"],
      ["on the 19th from 08:00 to 08:30", "11-19 08:00 / 11-19 08:30"],
      ["on November 18 at 9:15pm", "11-18 20:45 / 11-18 21:45"],
      ["the night from Saturday to Sunday", "11-21 22:00 / 11-22 06:00"],
      ["early this morning", "11-23 06:00 / 11-23 12:00"],
      ["10 minutes before and after 14:30", "11-23 14:20 / 11-23 14:40"],
    ],
  },
  {
    about: "fresh lengths",
    now: monday,
    timeZone: "UTC",
    phrases: [
      ["over the last twenty-five minutes", "11-23 14:55:30 / now"],
      ["last hour or so", "11-23 14:20:30 / now"],
      ["in the previous 40 minutes", "11-23 14:40:30 / now"],
      ["the most recent 2 hours", "11-23 13:20:30 / now"],
      ["is search slow? 3h", "ask"],
      ["during the last 1h30m", "11-23 13:50:30 / now"],
      ["for roughly the last 4 hours", "11-23 11:20:30 / now"],
      ["last 3600 seconds", "11-23 14:20:30 / now"],
      ["past 0.5 hours", "11-23 14:50:30 / now"],
      ["P1DT2H", "11-22 13:20:30 / now"],
    ],
  },
  {
    about: "fresh ISO and epochs",
    now: monday,
    timeZone: "Europe/Berlin",
    phrases: [
      ["2026-11-23T13:00Z/2026-11-23T13:30Z", "11-23 13:00 / 11-23 13:30"],
      ["2026-11-23T14:00:00+01:00 to 2026-11-23T14:30:00+01:00", "11-23 13:00 / 11-23 13:30"],
      ["2026-11-23 14:00 - 14:20", "11-23 13:00 / 11-23 13:20"],
      ["from 2026-11-22 to 2026-11-23 06:00", "11-21 23:00 / 11-23 05:00"],
      ["since 2026-11-23T12:34:56Z", "11-23 12:34:56 / now"],
      ["1795438800 to 1795440600", "11-23 13:00 / 11-23 13:30"],
      ["at 2026-11-23T13:15:00.000Z", "11-23 12:45 / 11-23 13:45"],
      ["20261123T130000Z", "11-23 12:30 / 11-23 13:30"],
    ],
  },
  {
    about: "fresh deploys and other vague times",
    now: monday,
    timeZone: "UTC",
    phrases: [
      ["since the deploy at 14:10", "11-23 14:10 / now"],
      ["after the rollout this morning at 9:40", "11-23 09:40 / now"],
      ["since deploy", "default"],
      ["ever since the config change", "default"],
      ["lately", "default"],
      ["what broke in geo", "ask"],
      ["why is search slow", "ask"],
      ["tomorrow morning", "error"],
      ["from 16:00 to 15:00 yesterday", "error"],
    ],
  },
  {
    about: "fresh clocks that go back and forward",
    now: "2026-10-25T09:00:00Z",
    timeZone: "Europe/Berlin",
    phrases: [
      // At 03:00 the clocks went back to 02:00: a start is the first of the two hours, an end the second.
      ["between 1:30 and 3:30", "10-24 23:30 / 10-25 02:30"],
      ["since midnight", "10-24 22:00 / now"],
      ["from 2:30 to 3:00 today", "10-25 00:30 / 10-25 02:00"],
      ["yesterday", "10-23 22:00 / 10-24 22:00"],
      ["today", "10-24 22:00 / now"],
    ],
  },
  {
    about: "fresh questions in other languages that are read",
    now: monday,
    timeZone: "Europe/Berlin",
    phrases: [
      ["was war gestern abend zwischen acht und neun los", "11-22 19:00 / 11-22 20:00"],
      ["alle Fehler der letzten zwei Stunden", "11-23 13:20:30 / now"],
      ["warum ist geo seit heute früh um 8 langsam", "11-23 07:00 / now"],
      ["heute von 14 bis 15 Uhr", "11-23 13:00 / 11-23 14:00"],
      ["qu'est-ce qui a cassé hier entre 14h et 15h30", "11-22 13:00 / 11-22 14:30"],
      ["depuis 9h ce matin", "11-23 08:00 / now"],
      ["qué falló ayer de 10:00 a 10:30", "11-22 09:00 / 11-22 09:30"],
      ["en las últimas dos horas", "11-23 13:20:30 / now"],
      ["o que quebrou ontem entre as 14h e as 15h", "11-22 13:00 / 11-22 14:00"],
      ["nos últimos 20 minutos", "11-23 15:00:30 / now"],
      ["过去30分钟", "11-23 14:50:30 / now"],
      ["過去1時間", "11-23 14:20:30 / now"],
    ],
  },
];

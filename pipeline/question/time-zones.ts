import { IANAZone } from "luxon";

/**
 * Abbreviations as fixed offsets in minutes: who writes PST in July means the offset. Generic ones
 * ("ET") are places. Those of several meanings take the commonest and are said in a note.
 */
const offsets: Readonly<Record<string, number>> = {
  UTC: 0,
  GMT: 0,
  Z: 0,
  WET: 0,
  WEST: 60,
  BST: 60,
  CET: 60,
  MEZ: 60,
  CEST: 120,
  MESZ: 120,
  EET: 120,
  EEST: 180,
  MSK: 180,
  TRT: 180,
  GST: 240,
  PKT: 300,
  IST: 330,
  WIB: 420,
  ICT: 420,
  SGT: 480,
  HKT: 480,
  AWST: 480,
  PHT: 480,
  JST: 540,
  KST: 540,
  ACST: 570,
  ACDT: 630,
  AEST: 600,
  AEDT: 660,
  NZST: 720,
  NZDT: 780,
  EST: -300,
  EDT: -240,
  CST: -360,
  CDT: -300,
  MST: -420,
  MDT: -360,
  PST: -480,
  PDT: -420,
  AKST: -540,
  AKDT: -480,
  HST: -600,
  BRT: -180,
  SAST: 120,
};
const places: Readonly<Record<string, string>> = {
  ET: "America/New_York",
  CT: "America/Chicago",
  MT: "America/Denver",
  PT: "America/Los_Angeles",
};
const ambiguous: Readonly<Record<string, string>> = {
  IST: "India (UTC+5:30)",
  BST: "British Summer Time (UTC+1)",
  CST: "US Central Standard Time (UTC-6)",
};

/** The luxon zone of an abbreviation written in capitals, or null. */
export function zoneOfAbbreviation(word: string): string | null {
  const minutes = offsets[word];
  return minutes === undefined ? (places[word] ?? null) : offsetZone(minutes);
}

export function isPlaceAbbreviation(word: string): boolean {
  return word in places || word === "MT";
}

export function ambiguityOf(word: string): string | null {
  return ambiguous[word] ?? null;
}

export function offsetZone(minutes: number): string {
  const size = Math.abs(minutes);
  const digits = (value: number) => String(value).padStart(2, "0");
  return minutes === 0
    ? "UTC"
    : `UTC${minutes < 0 ? "-" : "+"}${digits(Math.floor(size / 60))}:${digits(size % 60)}`;
}

export function isZoneName(name: string): boolean {
  return IANAZone.isValidZone(name);
}

const cities = new Map(
  Intl.supportedValuesOf("timeZone").map((zone) => [
    zone.split("/").at(-1)?.replaceAll("_", " ").toLowerCase() ?? "",
    zone,
  ]),
);

/** The zone of "Berlin time" and "New York time", by the city in the zone's name; null for another place. */
export function zoneOfCity(city: string): string | null {
  return cities.get(city.toLowerCase()) ?? null;
}

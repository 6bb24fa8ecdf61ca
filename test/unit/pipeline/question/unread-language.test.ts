import { describe, expect, it } from "vitest";
import { ask } from "./ask.ts";

describe("a language that is not read", () => {
  it.each([
    ["Italian", "cosa si è rotto ieri tra le 22:13 e le 22:16"],
    ["Italian", "geo è lento nell'ultima mezz'ora"],
    ["Dutch", "wat ging er gisteren tussen 14:00 en 15:00 mis"],
    ["Swedish", "vad gick sönder igår mellan 14:00 och 15:00"],
    ["Danish", "hvad gik galt i går kl. 14:00"],
    ["Norwegian", "hva gikk galt mellom 14:00 og 15:00"],
    ["Finnish", "mikä hajosi eilen kello 14:00"],
    ["Polish", "co zepsuło się wczoraj między 14:00 a 15:00"],
    ["Czech", "co se pokazilo včera mezi 14:00 a 15:00"],
    ["Hungarian", "mi romlott el tegnap 14:00 és 15:00 között"],
    ["Romanian", "ce s-a stricat azi între 14:00 și 15:00"],
    ["Turkish", "dün 14:00 ile 15:00 arasında ne bozuldu"],
    ["Indonesian", "apa yang rusak kemarin antara 14:00 dan 15:00"],
    ["Russian", "что сломалось вчера с 14:00 до 15:00"],
    ["Ukrainian", "що зламалося вчора о 14:00"],
    ["Greek", "τι χάλασε χθες στις 14:00"],
    ["Korean", "어제 14:00부터 15:00까지 무엇이 고장났나요"],
    ["Arabic", "ما الذي تعطل أمس بين 14:00 و 15:00"],
    ["Hebrew", "מה נשבר אתמול ב-14:00"],
    ["Hindi", "कल 14:00 बजे क्या टूटा"],
    ["Thai", "เมื่อวาน 14:00 อะไรพัง"],
  ])("gives no window, never a wrong one: %s, %s", (_language, text) => {
    expect(ask(text)).toMatchObject({ window: null, from: "ask", isUnread: true });
  });

  it("still names the services in it", () => {
    expect(ask("почему mongodb-geo упал вчера в 14:00").services).toEqual(["mongodb-geo"]);
  });

  it.each([
    "alle Fehler in geo seit 14:00",
    'geo printed "Ошибка" in the last hour, why is it slow and what else broke',
    "¿qué falló ayer de 10:00 a 10:30?",
    "昨天14:00到15:00发生了什么",
    "昨日14:00から15:00まで",
    "o que quebrou ontem às 14h",
    "since 14:00 alle services slow",
  ])("is not taken for another that is read: %s", (text) => {
    expect(ask(text)).toMatchObject({ from: "question", isUnread: false });
  });
});

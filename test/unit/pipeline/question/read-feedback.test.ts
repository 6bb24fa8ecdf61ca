import { describe, expect, it } from "vitest";
import { readFeedback } from "../../../../pipeline/question/read-feedback.ts";

const services = ["frontend", "search", "geo", "rate", "user", "mongodb-geo", "ts-order-service", "profile"];
const read = (text: string) => {
  const said = readFeedback(text, services);
  if (said === null) return null;
  const denied = said.denied === null ? "" : ` not ${said.denied}`;
  return `${said.verdict} ${said.service ?? "-"}${denied}`;
};

describe("what people say of an answer", () => {
  it.each([
    "that was right",
    "That was right!",
    "that's right",
    "that is correct.",
    "correct",
    "Correct 👍",
    "right",
    "confirmed",
    "exactly",
    "spot on",
    "yes, that was it",
    "you were right",
    "thanks, that was right",
    "yes, correct",
    "das war richtig",
    "stimmt",
    "genau!",
    "ja, das war es",
    "du hattest recht",
    "c'était juste",
    "c’est exact",
    "oui, exact",
    "correcto",
    "sí, era correcto",
    "tenías razón",
  ])("%s: it was right", (text) => {
    expect(read(text)).toBe("confirmed -");
  });

  it.each([
    ["yes it was rate", "rate"],
    ["it was rate", "rate"],
    ["It was `rate`.", "rate"],
    ["it was the rate service", "rate"],
    ["it was rate again", "rate"],
    ["it turned out to be geo", "geo"],
    ["confirmed: geo", "geo"],
    ["yes, geo", "geo"],
    ["correct, it was mongodb-geo", "mongodb-geo"],
    ["it was mongodb geo", "mongodb-geo"],
    ["the root cause was profile", "profile"],
    ["profile was the culprit", "profile"],
    ["it was order service", "ts-order-service"],
    ["it was the database", "mongodb-geo"],
    ["it's search", "search"],
    ["actually it was user", "user"],
    ["ja, es war rate", "rate"],
    ["es war der Dienst geo", "geo"],
    ["die Ursache war geo", "geo"],
    ["oui, c'était rate", "rate"],
    ["c'était bien geo", "geo"],
    ["sí, fue rate", "rate"],
    ["fue geo", "geo"],
    ["la causa era geo", "geo"],
  ])("%s: it was %s", (text, service) => {
    expect(read(text)).toBe(`confirmed ${service}`);
  });

  it.each([
    ["wrong", "-"],
    ["that was wrong", "-"],
    ["that's not right", "-"],
    ["that wasn't it", "-"],
    ["not it", "-"],
    ["incorrect", "-"],
    ["it was something else", "-"],
    ["no, that was something else", "-"],
    ["wrong, it was geo", "geo"],
    ["no, it was geo", "geo"],
    ["No: geo", "geo"],
    ["nope, it was the geo service", "geo"],
    ["wrong: search", "search"],
    ["falsch, es war geo", "geo"],
    ["nein, es war geo", "geo"],
    ["das stimmt nicht", "-"],
    ["es war etwas anderes", "-"],
    ["non, c'était geo", "geo"],
    ["faux", "-"],
    ["c'était autre chose", "-"],
    ["no, fue geo", "geo"],
    ["incorrecto, fue geo", "geo"],
    ["fue otra cosa", "-"],
  ])("%s: it was not that, but %s", (text, service) => {
    expect(read(text)).toBe(`wrong ${service}`);
  });

  it.each([
    ["it was not geo", "wrong - not geo"],
    ["it wasn't geo", "wrong - not geo"],
    ["no, it was not the geo service", "wrong - not geo"],
    ["not geo", "wrong - not geo"],
    ["it was rate, not geo", "confirmed rate not geo"],
    ["no, it was rate and not geo", "wrong rate not geo"],
    ["es war nicht geo", "wrong - not geo"],
    ["es war rate, nicht geo", "confirmed rate not geo"],
    ["ce n'était pas geo", "wrong - not geo"],
    ["no fue geo", "wrong - not geo"],
  ])("%s: %s", (text, said) => {
    expect(read(text)).toBe(said);
  });

  it.each([
    "",
    "?",
    "yes",
    "no",
    "ok",
    "thanks",
    "was it rate?",
    "was it rate",
    "it was rate?",
    "why not rate?",
    "is it rate",
    "it was slow at 14:00",
    "it was slow",
    "it was down",
    "it was great",
    "it was rate at 14:00",
    "it was rate limiting",
    "it was rate that called geo",
    "it was geo and rate",
    "it was geo or rate",
    "it was raet",
    "it was vault",
    "rate",
    "geo",
    "right now",
    "right, what about geo",
    "right before the deploy",
    "correct the window to 3 hours",
    "exactly when did it start",
    "genau um 14:00",
    "stimmt das?",
    "wrong window, take the last 3 hours",
    "wrong time",
    "no logs please",
    "no traces",
    "not the logs",
    "what went wrong in geo",
    "yes please",
    "yes, widen to 3 hours",
    "no, only the logs",
    "it was something with the deploy at noon",
    "what broke in geo in the last hour",
    "that was right after the deploy",
    "it is geo that I mean, between 14:00 and 15:00",
    "it's over",
    "es war langsam",
    "c'était lent",
    "fue lento",
    "si",
    "show me what was wrong",
    `it was ${"very ".repeat(40)}rate`,
  ])("%s: nothing of the kind", (text) => {
    expect(read(text)).toBeNull();
  });

  it("takes no service for one that it does not know, and survives any text", () => {
    expect(readFeedback("it was geo", [])).toBeNull();
    expect(readFeedback("that was right", [])).toEqual({ verdict: "confirmed", service: null, denied: null });
    for (const text of [
      "it was ".repeat(10_000),
      "no ".repeat(50_000),
      "\u{1F600}".repeat(9_999),
      "` ` `",
      "it was `",
    ]) {
      expect(() => readFeedback(text, services)).not.toThrow();
    }
  });
});

import type { LogAnomaly } from "../types.ts";
import { name, quote } from "./foreign-text.ts";
import { fill, logTemplates as templates } from "./templates.ts";
import { type Clock, numberText } from "./wording.ts";

/** One sentence on how often a template was seen and how often it is normally, with an example line. */
export function describeLog(anomaly: LogAnomaly, clock: Clock): string {
  const { kind, service, template, count, expected, start, end, level, calleeBefore, expectedNext } = anomaly;
  const example = kind === "broken-sequence" ? undefined : anomaly.examples.find((line) => line !== template);
  const bounds = fill(templates.bounds, { start: clock.moment(start), end: clock.until(end, start) });
  const features = {
    service: name(service),
    template: quote(template),
    next: quote(expectedNext ?? ""),
    count: String(count),
    expected: numberText(expected < 10 ? Math.round(expected * 10) / 10 : Math.round(expected)),
    bounds,
    level: name(level ?? ""),
    callee: name(calleeBefore ?? ""),
    example: quote(example ?? ""),
    zone: clock.zone(start),
  };
  return [
    templates[kind],
    ...(level === null ? [] : [templates.level]),
    ...(calleeBefore === null ? [] : [templates.callee]),
    ...(example === undefined ? [] : [templates.example]),
    ...(kind === "vanished" ? [] : [templates.zone]),
  ]
    .map((sentence) => fill(sentence, features))
    .join(" ");
}

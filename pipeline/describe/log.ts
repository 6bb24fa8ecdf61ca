import type { LogAnomaly } from "../types.ts";
import { name, quote } from "./foreign-text.ts";
import { compose, type Level, logRecipes } from "./templates.ts";
import { type Clock, numberText } from "./wording.ts";

/** One sentence on how often a template was seen and how often it is normally, with an example line. */
export function describeLog(anomaly: LogAnomaly, clock: Clock, level: Level): string {
  const { kind, service, instance, template, count, expected, start, end, context = [], leftOut } = anomaly;
  const { calleeBefore, expectedNext } = anomaly;
  const [example, otherExample] =
    kind === "broken-sequence" ? [] : anomaly.examples.filter((line) => line !== template);
  const quoted = (text: string | null | undefined) => (text == null ? null : quote(text));
  return compose(logRecipes[kind][level], {
    service: name(service),
    instance: instance === null ? null : name(instance),
    template: quote(template),
    next: quote(expectedNext ?? ""),
    count: String(count),
    expected: numberText(expected < 10 ? Math.round(expected * 10) / 10 : Math.round(expected)),
    start: clock.moment(start),
    end: clock.until(end, start),
    startTime: clock.time(start),
    level: anomaly.level === null ? null : name(anomaly.level),
    callee: calleeBefore === null ? null : name(calleeBefore),
    example: quoted(example),
    otherExample: quoted(otherExample),
    context: context.length === 0 ? null : context.map((line) => `"${quote(line)}"`).join(", "),
    leftOut: leftOut === undefined ? null : String(leftOut),
    zone: clock.zone(start),
  });
}

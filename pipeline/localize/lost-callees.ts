import { name } from "../describe/foreign-text.ts";
import type { Localizer } from "../ports.ts";
import { type AwayService, awayServices } from "../service-state.ts";
import { calleesOf } from "../topology.ts";
import type { Anomaly, Candidate, TelemetrySlice } from "../types.ts";
import { isFailure } from "./failure-lines.ts";
import { metricKind } from "./metric-kinds.ts";
import { lastNamed } from "./names-in-text.ts";
import { fullStrength } from "./strength.ts";

/** A caller goes down with its callee, or this much before it by the clock of its samples. */
const slackMs = 30_000;

/**
 * Ranks services whose processes are gone and are missed: a caller fails calls to them, or cannot stay up
 * without them. Such a caller is a victim, down to its restarts; callers of a service that is away for any
 * reason are victims in what they fail.
 *
 * Shape:  one candidate per service that is gone, its metric the one that tells it; those that wait have no
 *         score, but `waitsFor`.
 * Units:  full strength: that a process is gone for good is no matter of degree.
 * Throws: never. Ranks none without metrics or where nobody misses the service; `robust-scorer` has it then.
 * Source: ours.
 */
export const lostCallees = {
  name: "lost-callees",
  level: "metric",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const away = new Map(awayServices(slice).map((one) => [one.service, one]));
    if (away.size === 0) return [];
    const callers = callersOf(slice);
    const missing = missingOf([...away.keys()], anomalies);
    const wholly = new Map<string, string>();
    for (const one of away.values()) {
      const cause = neededBy(one, callers, away);
      if (cause !== null) wholly.set(one.service, cause);
    }
    return [...away.values()].flatMap((one) => {
      const { service, state, told } = one;
      const felt = (callers.get(service) ?? [])
        .filter((caller) => !away.has(caller))
        .map((caller) => ({ caller, evidence: missing(caller, service) }))
        .filter(({ evidence }) => evidence.length > 0);
      const waiting = felt.map(({ caller, evidence }) => waits(caller, service, evidence, false));
      const cause = wholly.get(service);
      if (cause !== undefined) return [...waiting, waits(service, cause, own(service, anomalies), true)];
      const dragged = [...wholly].filter(([, needs]) => needs === service).map(([caller]) => caller);
      if (state === "starting" || (state === "gone" && felt.length + dragged.length === 0)) return waiting;
      const [series] = told;
      return [
        ...waiting,
        {
          service,
          instance: told.length === 1 ? (series?.key.instance ?? null) : null,
          metric: series?.key.metric ?? null,
          symptom: false,
          score: fullStrength,
          evidence: [...own(service, anomalies), ...felt.flatMap(({ evidence }) => evidence)],
          why: why(
            state,
            dragged,
            felt.map(({ caller }) => caller),
          ),
        },
      ];
    });
  },
} as const satisfies Localizer;

function waits(service: string, waitsFor: string, evidence: readonly string[], wholly: boolean): Candidate {
  return {
    service,
    instance: null,
    metric: null,
    symptom: true,
    score: 0,
    evidence,
    waitsFor,
    ...(wholly ? { waitsWholly: true } : {}),
    why: wholly ? `It cannot stay up without ${name(waitsFor)}.` : `It fails calls to ${name(waitsFor)}.`,
  };
}

/** The callee that a service which is away went down with; of several, the one that is gone, then the first to go. */
function neededBy(
  { service, from }: AwayService,
  callers: ReadonlyMap<string, readonly string[]>,
  away: ReadonlyMap<string, AwayService>,
): string | null {
  const gone = [...away.values()]
    .filter(
      (callee) => callers.get(callee.service)?.includes(service) === true && callee.from <= from + slackMs,
    )
    .filter((callee) => callers.get(service)?.includes(callee.service) !== true)
    .sort((a, b) => Number(a.state === "starting") - Number(b.state === "starting") || a.from - b.from);
  return gone[0]?.service ?? null;
}

function callersOf({ topology }: TelemetrySlice): Map<string, string[]> {
  const turned = topology.edges
    .filter(({ caller, callee }) => caller !== callee)
    .map(({ caller, callee, calls }) => ({ caller: callee, callee: caller, calls }));
  return new Map([...calleesOf(turned)].map(([callee, callers]) => [callee, [...new Set(callers)].sort()]));
}

/** What of a service shows that its calls to another one fail: errors and lines that name it, failed traces that lead to it. */
function missingOf(
  services: readonly string[],
  anomalies: readonly Anomaly[],
): (caller: string, callee: string) => string[] {
  const named = lastNamed(services);
  const found = new Map<string, string[]>();
  const add = (caller: string, callee: string | null, id: string) => {
    if (callee === null || callee === caller) return;
    const key = `${caller}\n${callee}`;
    found.set(key, [...(found.get(key) ?? []), id]);
  };
  for (const anomaly of anomalies) {
    switch (anomaly.modality) {
      case "metric":
        if (anomaly.direction === "up" && metricKind(anomaly.key.metric, anomaly.unit).kind === "errors")
          add(anomaly.service, named(anomaly.key.metric.replaceAll("_", " ")), anomaly.id);
        break;
      case "log":
        if (isFailure(anomaly))
          add(anomaly.service, named([anomaly.template, ...anomaly.examples].join(" ")), anomaly.id);
        break;
      case "trace":
        if (anomaly.kind === "incomplete") break;
        for (const gone of [...anomaly.removed, ...anomaly.callPath.slice(-1)])
          if (services.includes(gone)) for (const caller of anomaly.callPath) add(caller, gone, anomaly.id);
    }
  }
  return (caller, callee) => found.get(`${caller}\n${callee}`) ?? [];
}

/** What tells that the process is away first. */
function own(service: string, anomalies: readonly Anomaly[]): string[] {
  const isProcess = (anomaly: Anomaly) =>
    anomaly.modality === "metric" && metricKind(anomaly.key.metric, anomaly.unit).kind === "process";
  const ofService = anomalies.filter((anomaly) => anomaly.service === service);
  return [...ofService.filter(isProcess), ...ofService.filter((anomaly) => !isProcess(anomaly))].map(
    ({ id }) => id,
  );
}

function why(state: AwayService["state"], dragged: readonly string[], felt: readonly string[]): string {
  const gone =
    state === "ended"
      ? "Nothing of it is measured or written any more"
      : "Its process is gone and was not started again";
  if (dragged.length > 0) return `${gone}; ${list(dragged)} cannot stay up without it.`;
  return felt.length > 0 ? `${gone}; calls of ${list(felt)} to it fail.` : `${gone}.`;
}

function list(services: readonly string[]): string {
  return services.map(name).join(", ");
}

import type { Localizer } from "../ports.ts";
import { calleesOf, downstream } from "../topology.ts";
import type { Anomaly, CallEdge, Candidate, TelemetrySlice } from "../types.ts";
import { type Loss, type LossKind, lossKinds, requestLosses } from "./request-losses.ts";
import { strengthOf } from "./strength.ts";

/** Own losses below this share of the largest are rounding, not candidates. */
const leastShare = 0.02;
/**
 * Spreads here include the tail, so a z says more than one in spreads between quartiles. With this, what
 * quiet windows reach by chance (95th percentile of 160 in PetShop's normal period) is 2.7, and 3.0 for
 * `robust-scorer`. Ranks within this localizer hardly depend on it; whether a cause is named does.
 */
const chanceScale = 1.5;
/** From here on something is wrong at the front. */
const clearZ = 2;
/** Losses of a kind that nobody feels at the front (slow, but what people report is failures) count half. */
const unfeltShare = 0.5;
/**
 * One sample that is far out, with normal ones around it, is what the largest of many services' samples is now
 * and then: where nothing was broken, nearly all that was found was of that kind. What is broken stays so.
 */
const singleShare = 0.5;
const fewestSamples = 3;

/**
 * Looks for the service that failures or delays start from, where nothing but request metrics and a
 * call graph is there. What a service's callees lost is taken off its own loss, and the rest is its own
 * doing: failed requests and lost time are passed up to the callers nearly as they are, so amounts can
 * be compared along the graph, where distances in standard deviations cannot.
 *
 * Shape:  one candidate per service and kind of loss (failed requests, lost time).
 * Units:  strength of the service's loss (0 to about 6), times the share of its own loss in the largest
 *         own loss of that kind anywhere.
 * Throws: never. Ranks none where traces were seen, which show the same request by request, and where no
 *         service is known to call another.
 * Source: anomaly traversal, as in MicroScope (Lin et al., ICSOC 2018) and the baseline of PetShop (Hardt
 *         et al. 2023): the abnormal service without abnormal callees. That amounts are compared in place
 *         of yes or no is ours: a callee that is a little slow does not hide its caller.
 */
export const callGraph = {
  name: "call-graph",
  level: "metric",
  localize(slice: TelemetrySlice, anomalies: readonly Anomaly[]): Candidate[] {
    const { edges } = slice.topology;
    if (edges.length === 0 || slice.traces.window.length > 0) return [];
    const losses = requestLosses(slice.metrics);
    const fronts = slice.scope.services.length > 0 ? slice.scope.services : entries(edges);
    const felt = lossKinds.map((kind) => frontLoss(fronts, losses[kind]));
    const most = Math.max(0, ...felt.map((loss) => strengthOf(loss?.z ?? 0)));
    return lossKinds.flatMap((kind, index) => {
      const front = felt[index] ?? null;
      const weight = most === 0 ? 1 : unfeltShare + ((1 - unfeltShare) * strengthOf(front?.z ?? 0)) / most;
      return origins(kind, losses[kind], edges, anomalies, front, weight);
    });
  },
} as const satisfies Localizer;

/** The worst stretch is one sample of several, measured or missing. */
function isSingle({ first, last, series }: Loss): boolean {
  return first === last && series.window.v.length >= fewestSamples;
}

/** Services that nobody calls. */
function entries(edges: readonly CallEdge[]): string[] {
  const called = new Set(edges.map(({ callee }) => callee));
  return [...new Set(edges.map(({ caller }) => caller))].filter((caller) => !called.has(caller));
}

/** The clearest loss of the services at the front, where people feel it. */
function frontLoss(fronts: readonly string[], losses: ReadonlyMap<string, Loss>): Loss | null {
  let worst: Loss | null = null;
  for (const front of fronts) {
    const loss = losses.get(front);
    if (loss !== undefined && loss.z > (worst?.z ?? 0)) worst = loss;
  }
  return worst;
}

function origins(
  kind: LossKind,
  losses: ReadonlyMap<string, Loss>,
  edges: readonly CallEdge[],
  anomalies: readonly Anomaly[],
  front: Loss | null,
  weight: number,
): Candidate[] {
  const callees = calleesWithLoss([...losses.keys()], edges);
  const own = new Map<string, number>();
  for (const [service, { amount }] of losses) {
    const calleesLost = (callees.get(service) ?? []).reduce(
      (sum, callee) => sum + (losses.get(callee)?.amount ?? 0),
      0,
    );
    own.set(service, Math.max(0, amount - calleesLost));
  }
  const largest = Math.max(0, ...own.values());
  const candidates: Candidate[] = [];
  for (const [service, loss] of losses) {
    const { amount, z, metric } = loss;
    const rest = own.get(service) ?? 0;
    if (rest === 0 || rest < leastShare * largest) continue;
    // What people feel at the front and this service accounts for is a second reading of one loss.
    const explained = front === null || front.z < clearZ ? 0 : front.z * Math.min(1, rest / front.amount);
    candidates.push({
      service,
      instance: null,
      metric,
      symptom: true,
      score:
        weight *
        (isSingle(loss) ? singleShare : 1) *
        strengthOf(chanceScale * (z + explained)) *
        (rest / largest),
      evidence: evidenceOf(service, metric, anomalies),
      why: `${lost(kind, amount)} than usual; ${blamed(1 - rest / amount)}.`,
    });
  }
  return candidates;
}

/**
 * The services with a loss that each one calls, through services without. Services that call each
 * other in a circle are no callees of one another: neither explains the other.
 */
function calleesWithLoss(services: readonly string[], edges: readonly CallEdge[]): Map<string, string[]> {
  const calls = calleesOf(edges);
  const below = new Map(services.map((service) => [service, new Set(downstream([service], edges))]));
  const found = new Map<string, string[]>();
  for (const service of services) {
    const seen = new Set([service]);
    const open = [...(calls.get(service) ?? [])];
    const nearest: string[] = [];
    for (let next = open.pop(); next !== undefined; next = open.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      const reached = below.get(next);
      if (reached === undefined || reached.has(service)) open.push(...(calls.get(next) ?? []));
      else nearest.push(next);
    }
    found.set(service, nearest);
  }
  return found;
}

/** The anomalies of the metric; where its mean stayed inconspicuous, those of the service's symptoms. */
function evidenceOf(service: string, metric: string, anomalies: readonly Anomaly[]): string[] {
  const symptoms = anomalies.filter(
    (anomaly) => anomaly.modality === "metric" && anomaly.service === service && anomaly.class === "symptom",
  );
  const same = symptoms.filter((anomaly) => anomaly.modality === "metric" && anomaly.key.metric === metric);
  return (same.length > 0 ? same : symptoms).map(({ id }) => id);
}

function lost(kind: LossKind, amount: number): string {
  const figure = Number(amount.toPrecision(3)).toString();
  return kind === "failures"
    ? `About ${figure} more of its requests failed`
    : `Its requests took about ${figure} s longer in all`;
}

function blamed(share: number): string {
  const percent = Math.round(100 * share);
  return percent < 1
    ? "nothing that it calls accounts for that"
    : `what it calls accounts for ${percent} % of that`;
}

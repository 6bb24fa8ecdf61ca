import type { Candidate, TimeWindow } from "../types.ts";
import type { SweptStep } from "./sweep.ts";

/** Steps that look quiet between two of the same incident: a fault that comes and goes is one fault. */
const bridgedSteps = 1;

/** Neighbouring steps in which the same service is suspected. */
export interface StepGroup extends TimeWindow {
  /** The one that leads most often; of equals, the strongest. */
  readonly service: string;
}

/**
 * Joins abnormal steps to incidents: a step belongs to the incident before it when the service that
 * leads in one is suspected in the other.
 *
 * Shape:  ascending by start; `steps` likewise.
 */
export function groupSteps(steps: readonly SweptStep[]): StepGroup[] {
  const groups: SweptStep[][] = [];
  let quiet = 0;
  for (const step of steps) {
    if (step.suspects.length === 0) {
      quiet++;
      continue;
    }
    const current = groups[groups.length - 1];
    const last = current?.[current.length - 1];
    if (current !== undefined && last !== undefined && quiet <= bridgedSteps && isSame(last, step)) {
      current.push(step);
    } else groups.push([step]);
    quiet = 0;
  }
  return groups.map(grouped);
}

function isSame(a: SweptStep, b: SweptStep): boolean {
  const suspects = (step: SweptStep) => step.suspects.map(({ service }) => service);
  const [leaderOfA, leaderOfB] = [suspects(a)[0], suspects(b)[0]];
  return (
    (leaderOfA !== undefined && suspects(b).includes(leaderOfA)) ||
    (leaderOfB !== undefined && suspects(a).includes(leaderOfB))
  );
}

function grouped(steps: readonly SweptStep[]): StepGroup {
  const leads = new Map<string, { times: number; strongest: number }>();
  for (const leader of steps.flatMap(({ suspects }): Candidate[] => suspects.slice(0, 1))) {
    const known = leads.get(leader.service) ?? { times: 0, strongest: 0 };
    leads.set(leader.service, {
      times: known.times + 1,
      strongest: Math.max(known.strongest, leader.score),
    });
  }
  const [first] = [...leads].sort(
    ([nameOfA, a], [nameOfB, b]) =>
      b.times - a.times || b.strongest - a.strongest || (nameOfA < nameOfB ? -1 : 1),
  );
  return {
    start: steps[0]?.start ?? 0,
    end: steps[steps.length - 1]?.end ?? 0,
    service: first?.[0] ?? "",
  };
}

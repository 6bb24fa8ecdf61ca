import { type Random, xoshiro128 } from "../../testbed/random.ts";
import type { RedisMoment } from "./watch.ts";

/** What can be seen from outside of a question's way, besides what Redis shows. */
export type Moment =
  | RedisMoment
  | "event-sent"
  | "event-acknowledged"
  | "post-arrives"
  | "post-taken"
  | "edit-arrives"
  | "edit-taken";

export const actions = {
  kill: "kill -9 the program that does it",
  terminate: "SIGTERM to the program that does it",
  pause: "SIGSTOP that program until its work was given to another, then SIGCONT",
  "kill-redis": "kill -9 Redis",
  "kill-all": "kill -9 all bots and workers",
  "chat-down": "the chat API is down for 3 s",
  "chat-slow": "each call of the chat API takes 0.7 s",
  "chat-rate-limited": "the chat API says 429, Retry-After 1, for 3 s",
  "chat-broken": "the chat API says 500 for 3 s",
  "chat-loses-answers": "the chat API carries calls out and loses its answers for 2 s",
  "model-stops": "the model server is away for 3 s",
  "source-goes": "the telemetry folder is away for 1 s",
} as const;
export type Action = keyof typeof actions;

/** One planned fault: at the `nth` time that `moment` comes, `delayMs` later. */
export interface Fault {
  readonly action: Action;
  readonly moment: Moment;
  readonly nth: number;
  readonly delayMs: number;
}

const botMoments: readonly Moment[] = [
  "event-sent",
  "event-acknowledged",
  "message-saved",
  "question-open",
  "about-to-post",
  "post-arrives",
  "post-taken",
  "edit-taken",
  "posted",
];
const workerMoments: readonly Moment[] = [
  "stage-read",
  "stage-collect",
  "stage-detect",
  "stage-localize",
  "stage-consult",
  "stage-conclude",
  "diagnosis-saved",
  "answer-left",
  "settled",
];
const programMoments = [...botMoments, ...workerMoments];

/** Every action with the moments it is worth trying at. */
const kinds: readonly (readonly [Action, readonly Moment[]])[] = [
  ["kill", programMoments],
  ["kill-redis", programMoments.filter((moment) => moment !== "stage-detect")],
  ["pause", ["event-sent", "message-saved", "about-to-post", "post-taken", "stage-collect", "stage-consult"]],
  ["pause", ["diagnosis-saved", "answer-left"]],
  ["terminate", ["event-acknowledged", "about-to-post", "stage-collect", "stage-consult"]],
  ["kill-all", ["stage-collect", "post-taken"]],
  ["chat-down", ["event-acknowledged", "post-arrives"]],
  ["chat-slow", ["event-acknowledged"]],
  ["chat-rate-limited", ["post-arrives", "edit-arrives"]],
  ["chat-broken", ["post-arrives"]],
  ["chat-loses-answers", ["post-arrives", "edit-arrives"]],
  ["model-stops", ["stage-detect"]],
  ["source-goes", ["question-open"]],
];

/** The faults of so many runs, in an order that the seed decides; every kind comes before any comes again. */
export function faultPlan(seed: number, runs: number): Fault[] {
  const random = xoshiro128(seed);
  const plan: Fault[] = [];
  while (plan.length < runs) {
    const pass = kinds.flatMap(([action, moments]) => moments.map((moment) => ({ action, moment })));
    for (const kind of shuffled(pass, random)) {
      const delayMs = random.uniform() < 0.5 ? 0 : Math.floor(random.uniform() * 40);
      plan.push({ ...kind, nth: random.pick([1, 1, 2, 3]), delayMs });
    }
  }
  return plan.slice(0, runs);
}

export function shuffled<Item>(items: readonly Item[], random: Random): Item[] {
  const keyed = items.map((item) => ({ item, at: random.uniform() }));
  return keyed.sort((a, b) => a.at - b.at).map(({ item }) => item);
}

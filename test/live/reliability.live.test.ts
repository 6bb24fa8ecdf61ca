import { expect, it } from "vitest";
import { runCampaign } from "../../bench/reliability/campaign.ts";
import type { Fault } from "../../bench/reliability/plan.ts";

const faults: readonly Fault[] = [
  { action: "kill", moment: "post-taken", nth: 1, delayMs: 0 },
  { action: "kill", moment: "stage-collect", nth: 1, delayMs: 0 },
  { action: "kill-redis", moment: "diagnosis-saved", nth: 1, delayMs: 0 },
];

it("answers every question once while a bot, a worker and Redis are killed", async () => {
  const { runs, crashes, schedule } = await runCampaign({
    seed: 7,
    plan: faults,
    bots: 1,
    workers: 2,
    fsync: "always",
    progress: () => undefined,
    signal: new AbortController().signal,
  });

  expect(runs.flatMap(({ broken }) => broken)).toEqual([]);
  expect(runs.map(({ isHit }) => isHit)).toEqual(faults.map(() => true));
  expect(crashes).toEqual([]);
  expect(schedule.broken).toEqual([]);
}, 240_000);

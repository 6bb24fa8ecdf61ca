import { mkdir, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, it } from "vitest";
import { openToolbox } from "../../compose.ts";
import { takeInventory } from "../../pipeline/collect.ts";
import { stateFolder } from "../support/state-folder.ts";

const telemetry = { faultFree: [{ start: 1, end: 2 }] };
const missing = { type: "files", path: "/no/such/folder", name: "gone" } as const;

it("tells of a source that cannot be opened beside others, and of periods declared fault-free", async () => {
  const folder = join(await stateFolder(), "here");
  await mkdir(folder);
  await writeFile(
    join(folder, "metrics.csv"),
    "timestamp,service,metric,value\n2026-11-23T15:00:00Z,geo,cpu,1\n",
  );
  const toolbox = await openToolbox({ ...telemetry, sources: [missing, { type: "files", path: folder }] });

  const { services, gaps, declaredReference } = await takeInventory(toolbox, new AbortController().signal);
  await toolbox.close();

  expect(services).toEqual(["geo"]);
  expect(gaps).toMatchObject([{ from: "gone", reason: "unreachable" }]);
  expect(declaredReference.log).toEqual([{ start: 1, end: 2 }]);
});

it("stops where no source can be opened", async () => {
  await expect(openToolbox({ ...telemetry, sources: [missing] })).rejects.toMatchObject({
    code: "source-invalid",
  });
});

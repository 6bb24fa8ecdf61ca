import { existsSync } from "node:fs";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cruise, type ICruiseOptions, type ICruiseResult } from "dependency-cruiser";
import extractTypeScriptConfig from "dependency-cruiser/config-utl/extract-ts-config";
import { describe, expect, it, onTestFinished } from "vitest";

const root = new URL("..", import.meta.url).pathname;
const { options, forbidden } = createRequire(import.meta.url)("../.dependency-cruiser.cjs");
const rooms = ["bot", "cli", "jobs", "pipeline", "prompts", "connectors", "bench", "testbed"];
const rootFiles = ["main.ts", "compose.ts", "config.ts", "diagnose-process.ts"];

/** Runs the import rules over the files and folders of `baseDir`. */
async function cruised(baseDir: string, paths: readonly string[]): Promise<ICruiseResult> {
  const cruiseOptions: ICruiseOptions = { ...options, baseDir, ruleSet: { forbidden }, validate: true };
  const tsConfig = extractTypeScriptConfig(join(root, "tsconfig.json"));
  const { output } = await cruise([...paths], cruiseOptions, undefined, { tsConfig });
  if (typeof output === "string") throw new Error(output);
  return output;
}

describe("the rooms", () => {
  it("import only what they may", { timeout: 60_000 }, async () => {
    const paths = [...rooms, ...rootFiles].filter((path) => existsSync(join(root, path)));

    const { modules, summary } = await cruised(root, paths);

    const ours = modules.filter(({ source }) => source.endsWith(".ts") && !source.includes("node_modules"));
    const resolved = ours
      .flatMap(({ dependencies }) => dependencies)
      .map((dependency) => dependency.resolved);
    expect(summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} imports ${to}`)).toEqual([]);
    // Under TypeScript 7 the cruiser looks at nothing and finds nothing wrong with it.
    expect(ours.length).toBeGreaterThan(50);
    expect(resolved).toContain("pipeline/types.ts");
    for (const room of ["bot", "cli", "jobs", "pipeline", "connectors", "bench"]) {
      expect(ours.filter(({ source }) => source.startsWith(`${room}/`)).length, room).toBeGreaterThan(0);
    }
  });

  it.each([
    [
      "pipeline-imports",
      "pipeline/a.ts",
      'import { b } from "../jobs/b.ts";\nexport const a = b;',
      "jobs/b.ts",
    ],
    ["pipeline-is-pure", "pipeline/a.ts", 'import { join } from "node:path";\nexport const a = join;', null],
    [
      "bot-imports",
      "bot/a.ts",
      'import type { b } from "../connectors/b.ts";\nexport type A = typeof b;',
      "connectors/b.ts",
    ],
    [
      "connectors-imports",
      "connectors/a.ts",
      'import { b } from "../jobs/b.ts";\nexport const a = b;',
      "jobs/b.ts",
    ],
    [
      "no-room-imports-root",
      "jobs/a.ts",
      'import { b } from "../config.ts";\nexport const a = b;',
      "config.ts",
    ],
    [
      "only-teams-knows-its-sdk",
      "bot/a.ts",
      'import { CloudAdapter } from "botbuilder";\nexport const a = CloudAdapter;',
      null,
    ],
    ["no-cycles", "jobs/b.ts", 'import { b } from "./c.ts";\nexport const a = b;', "jobs/c.ts"],
  ])("are held apart by the rule %s", async (rule, file, text, imported) => {
    const folder = await mkdtemp(join(tmpdir(), "localexpert-rooms-"));
    onTestFinished(() => rm(folder, { recursive: true, force: true }));
    for (const room of rooms) await mkdir(join(folder, room));
    const other =
      rule === "no-cycles" ? 'import { a } from "./b.ts";\nexport const b = a;' : "export const b = 1;";
    if (imported !== null) await writeFile(join(folder, imported), other);
    await writeFile(join(folder, file), text);

    const { summary } = await cruised(folder, [file]);

    expect(summary.violations.map((violation) => violation.rule.name)).toContain(rule);
  });
});

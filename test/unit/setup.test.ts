import { spawn } from "node:child_process";
import { once } from "node:events";
import { chmod, copyFile, mkdir, readFile, symlink, utimes, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { stateFolder } from "../support/state-folder.ts";

/** A clone with one source, and a PATH on which npm, apt-get and redis-server are scripts that keep a log. */
async function clone({ redis = "7.0.15" as string | null, apt = false } = {}) {
  const folder = await stateFolder();
  const bin = join(folder, "bin");
  const log = join(folder, "log");
  await mkdir(bin);
  await mkdir(join(folder, "jobs"));
  await copyFile(new URL("../../setup.mjs", import.meta.url), join(folder, "setup.mjs"));
  await writeFile(
    join(folder, "package-lock.json"),
    JSON.stringify({ packages: { "": {}, "node_modules/typescript": { version: "1" } } }),
  );
  await writeFile(join(folder, "main.ts"), "export {};\n");
  await writeFile(log, "");
  await symlink("/usr/bin/env", join(bin, "env"));

  const tsc = `fs.mkdirSync("dist", { recursive: true }); fs.writeFileSync("dist/main.js", ""); note("tsc");`;
  await script(
    bin,
    log,
    "npm",
    `fs.mkdirSync("node_modules/typescript/bin", { recursive: true });
    fs.writeFileSync("node_modules/typescript/bin/tsc", ${JSON.stringify(prelude(log) + tsc)});
    note("npm " + process.argv[2]);`,
  );
  if (redis !== null) await redisScript(bin, log, redis);
  if (apt) {
    await script(
      bin,
      log,
      "sudo",
      `const [, , , command, ...words] = process.argv;
      process.exit(require("node:child_process").spawnSync(command, words, { stdio: "inherit" }).status ?? (command === "true" ? 0 : 1));`,
    );
    await script(bin, log, "true", "");
    await script(
      bin,
      log,
      "apt-get",
      `const what = process.argv.slice(3);
      note("apt-get " + what[0]);
      const updated = fs.readFileSync(log, "utf8").includes("apt-get update");
      if (what[0] === "install" && !updated) process.exit(100);
      if (what[0] === "install") fs.writeFileSync(${JSON.stringify(join(bin, "redis-server"))}, ${JSON.stringify(redisText("7.2.4", log))}, { mode: 0o755 });`,
    );
  }

  const run = async (environment: Record<string, string> = {}) => {
    const child = spawn(process.execPath, [join(folder, "setup.mjs")], {
      env: { PATH: bin, ...environment },
    });
    let stdout = "";
    let stderr = "";
    child.stdout.on("data", (data) => (stdout += String(data)));
    child.stderr.on("data", (data) => (stderr += String(data)));
    const [code] = await once(child, "close");
    return { code, stdout, stderr };
  };
  const done = async () => (await readFile(log, "utf8")).split("\n").filter((line) => line !== "");
  return { folder, run, done };
}

const prelude = (log: string) =>
  `const fs = require("node:fs"); const log = ${JSON.stringify(log)}; const note = (text) => fs.appendFileSync(log, text + "\\n");\n`;

async function script(bin: string, log: string, name: string, text: string): Promise<void> {
  await writeFile(join(bin, name), `#!${process.execPath}\n${prelude(log)}${text}\n`);
  await chmod(join(bin, name), 0o755);
}

const redisText = (version: string, log: string) =>
  `#!${process.execPath}\n${prelude(log)}note("redis-server --version"); console.log("Redis server v=${version} sha=0");\n`;

async function redisScript(bin: string, log: string, version: string): Promise<void> {
  await writeFile(join(bin, "redis-server"), redisText(version, log));
  await chmod(join(bin, "redis-server"), 0o755);
}

describe("the set-up", () => {
  it("does everything on a fresh clone, nothing the second time, and leaves stdout alone", async () => {
    const { run, done } = await clone();

    const first = await run();
    const afterFirst = await done();
    const second = await run();

    expect(first).toMatchObject({ code: 0, stdout: "" });
    expect(afterFirst).toEqual(["npm ci", "redis-server --version", "tsc"]);
    expect(second).toEqual({ code: 0, stdout: "", stderr: "" });
    expect(await done()).toEqual(afterFirst);
  });

  it("installs again when the lockfile has changed", async () => {
    const { folder, run, done } = await clone();
    await run();
    await writeFile(join(folder, "package-lock.json"), '{ "packages": { "": {} } }');

    await run();

    expect((await done()).filter((line) => line === "npm ci")).toHaveLength(2);
  });

  it("takes packages that someone has installed by hand", async () => {
    const { folder, run, done } = await clone();
    await run();
    const { rm } = await import("node:fs/promises");
    await rm(join(folder, "node_modules", ".localexpert-packages"));
    await copyFile(join(folder, "package-lock.json"), join(folder, "node_modules", ".package-lock.json"));

    await run();

    expect((await done()).filter((line) => line === "npm ci")).toHaveLength(1);
  });

  it("builds again when a source has changed", async () => {
    const { folder, run, done } = await clone();
    await run();
    await utimes(join(folder, "main.ts"), new Date(), new Date(Date.now() + 5_000));

    await run();

    expect((await done()).filter((line) => line === "tsc")).toHaveLength(2);
    expect((await done()).filter((line) => line === "npm ci")).toHaveLength(1);
  });

  it("names REDIS_URL when there is no Redis and no way to install one", async () => {
    const { run } = await clone({ redis: null });

    const { code, stderr } = await run();

    expect(code).toBe(1);
    expect(stderr).toMatch(/redis-server is not installed.*6\.2 or newer.*REDIS_URL/s);
  });

  it("does not look for Redis where REDIS_URL names one", async () => {
    const { run, done } = await clone({ redis: null });

    expect((await run({ REDIS_URL: "redis://redis:6379" })).code).toBe(0);
    expect(await done()).toEqual(["npm ci", "tsc"]);
  });

  it("installs with apt, with an update first where it fails, in place of one that is too old", async () => {
    const { run, done } = await clone({ redis: "5.0.7", apt: true });

    const { code, stderr } = await run();

    expect(stderr).toContain("installing redis-server with apt");
    expect(code).toBe(0);
    expect((await done()).filter((line) => line.startsWith("apt-get"))).toEqual([
      "apt-get install",
      "apt-get update",
      "apt-get install",
    ]);
  });

  it("runs once when two are started at the same time", async () => {
    const { run, done } = await clone();

    const both = await Promise.all([run(), run(), run()]);

    expect(both.map(({ code }) => code)).toEqual([0, 0, 0]);
    expect(await done()).toEqual(["npm ci", "redis-server --version", "tsc"]);
  });

  it("takes over from one that was killed", async () => {
    const { folder, run, done } = await clone();
    await mkdir(join(folder, ".localexpert"));
    await symlink("99999999", join(folder, ".localexpert", "setup.lock"));

    expect((await run()).code).toBe(0);
    expect(await done()).toContain("tsc");
  });
});

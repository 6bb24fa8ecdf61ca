import { randomUUID } from "node:crypto";
import { existsSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { startApplication } from "../../compose.ts";
import { Config } from "../../config.ts";
import { fakeQuestion } from "../fakes/fake-diagnosis.ts";
import { fakeRedis, freePort } from "../support/redis-server.ts";
import { stateFolder } from "../support/state-folder.ts";

const loader = new URL("../support/load-typescript.mjs", import.meta.url).href;
/** The real process, unbuilt. */
const diagnosing = {
  file: new URL("../../diagnose-process.ts", import.meta.url),
  execArgv: ["--import", loader],
};

describe("the application", () => {
  it("carries a question to the pipeline in a process and its refusal back, and leaves nothing running", async () => {
    const folder = await stateFolder();
    const telemetry = join(folder, "none");
    const config = Config.parse({ stateFolder: folder, sources: [{ type: "files", path: telemetry }] });

    const application = await startApplication(config, { diagnosing });
    const question = fakeQuestion(randomUUID(), "what broke in the last hour");
    const { diagnosis } = await application.enqueue.ask(
      "terminal",
      question,
      () => {},
      new AbortController().signal,
    );

    await expect(diagnosis).rejects.toMatchObject({
      code: "source-invalid",
      message: expect.stringContaining(telemetry),
    });
    expect(await application.store.loadQuestion(question.id)).toEqual(question);
    await application.close();
    expect(existsSync(join(folder, "redis", "server"))).toBe(false);
  });

  it("says that Redis is down, at once", async () => {
    const config = Config.parse({ redis: { url: `redis://127.0.0.1:${await freePort()}` } });

    await expect(startApplication(config, { diagnosing })).rejects.toMatchObject({
      code: "redis-unavailable",
    });
  });

  it("says that Redis is silent, after three seconds", async () => {
    const config = Config.parse({ redis: { url: `redis://127.0.0.1:${await fakeRedis(() => "")}` } });

    await expect(startApplication(config, { diagnosing })).rejects.toMatchObject({
      code: "redis-unavailable",
    });
  });
});

import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, it, onTestFinished } from "vitest";
import type { Reply } from "../../bot/reply.ts";
import { type Config, loadConfig } from "../../config.ts";
import type { Role } from "../../service.ts";
import { startService } from "../../service.ts";
import { fakeChat } from "../fakes/chat.ts";
import { freePort, redisServer } from "../support/redis-server.ts";
import { stateFolder } from "../support/state-folder.ts";
import { until } from "../support/until.ts";

const execArgv = ["--import", new URL("../support/load-typescript.mjs", import.meta.url).href];
const file = new URL("../fakes/fake-diagnose-process.ts", import.meta.url);

/** Programs on one Redis that share one chat. */
async function open(programs: readonly Role[] = ["all"], changes: Partial<Config> = {}) {
  const folder = await stateFolder();
  const port = await freePort();
  await redisServer(port);
  const runsFile = join(folder, "runs");
  const chat = fakeChat();
  const troubles: string[] = [];
  const config = {
    ...loadConfig(),
    stateFolder: folder,
    redis: { url: `redis://127.0.0.1:${port}` },
    sources: [],
    access: "open" as const,
    ...changes,
  };
  const start = async (role: Role) => {
    const service = await startService(
      { ...config, worker: { processes: 1 }, jobs: { takeOverSeconds: 1 } },
      {
        role,
        openSurfaces: () => [chat.surface],
        onTrouble: (what, error) => void troubles.push(`${what} ${String(error)}`),
        diagnosing: { file, execArgv },
      },
    );
    onTestFinished(() => service.close());
    return service;
  };
  const services = [];
  for (const role of programs) services.push(await start(role));
  const runs = () =>
    existsSync(runsFile)
      ? readFileSync(runsFile, "utf8")
          .split("\n")
          .filter((line) => line !== "").length
      : 0;
  return { chat, troubles, start, services, runs };
}

const asked = "fine in the last hour";

describe("the chat service", () => {
  it("shows that it works in one message, and then the answer in its place", async () => {
    const { chat, troubles } = await open();

    await chat.send(chat.message(asked));
    await until(() => chat.last()[0]?.kind === "answer");

    expect(chat.posted).toHaveLength(1);
    expect(chat.posted[0]?.shown[0]?.kind).toBe("progress");
    expect(troubles).toEqual([]);
  });

  it("answers a message that is delivered again, and a message of two bots, once", async () => {
    const { chat, runs } = await open(["bot", "bot", "worker", "worker"]);
    const message = chat.message(asked);

    await Promise.all([chat.send(message), chat.send(message), chat.send(message)]);
    await until(() => chat.last()[0]?.kind === "answer");
    await chat.send(message);
    await chat.send(chat.message("thanks"));
    await until(() => chat.last()[1]?.kind === "words");

    expect(chat.posted).toHaveLength(2);
    expect(runs()).toBe(1);
  });

  it("answers the questions of a thread one after the other, and says what they wait for", async () => {
    const { chat } = await open(["bot", "worker", "worker"]);

    for (const text of ["slow at first in the last hour", asked, asked]) await chat.send(chat.message(text));
    await until(() => chat.posted.some(({ shown }) => shown.some(isWaiting)));
    await chat.send(chat.message("stop", { about: "fake-1" }));
    await until(() => chat.last().filter((reply) => reply?.kind === "answer").length === 2);

    expect(chat.posted.flatMap(({ shown }) => shown.filter(isWaiting))).toMatchObject([
      { waiting: "Waiting for the question before it in this thread." },
      { waiting: "Waiting for the 2 questions before it in this thread." },
    ]);
    expect(chat.last()).toMatchObject([
      { kind: "failure", code: "cancelled" },
      { kind: "answer" },
      { kind: "answer" },
    ]);
  });

  it("sends an answer when the chat is there again, and one whose receipt was lost once", async () => {
    const { chat, runs } = await open();
    chat.state.isDown = true;

    await chat.send(chat.message(asked));
    await until(() => runs() === 1);
    chat.state.losesAnswers = 2;
    chat.state.isDown = false;
    await until(() => chat.last()[0]?.kind === "answer");

    expect(chat.posted).toHaveLength(1);
  });

  it("says what went wrong where a question cannot be answered, and goes on", async () => {
    const { chat, troubles } = await open();

    for (const text of ["source down", "bug", "crash", "unknown service"]) {
      await chat.send(
        chat.message(`${text} in the last hour`, { thread: { surface: "fake", thread: text } }),
      );
    }
    await chat.send(chat.message(asked));
    await until(
      () => chat.posted.length === 5 && chat.posted.every(({ shown }) => isFinal(shown.at(-1))),
      20_000,
    );

    expect(chat.last("source down")).toMatchObject([{ kind: "failure", code: "source-unavailable" }]);
    expect(chat.last("bug")).toMatchObject([{ kind: "failure", code: null }]);
    expect(chat.last("crash")).toMatchObject([{ kind: "failure", code: null }]);
    expect(chat.last("unknown service")).toMatchObject([{ kind: "failure", code: "service-unknown" }]);
    expect(chat.last()).toMatchObject([{ kind: "answer" }]);
    expect(troubles).toEqual([]);
  });

  it("asks back for the time, and answers a follow-up from what another program saved", async () => {
    const { chat, start, services } = await open();

    await chat.send(chat.message("what broke in geo"));
    await until(() => chat.last()[0]?.kind === "time-request");
    await services[0]?.close();
    await start("all");
    await chat.send(chat.message("in the last hour"));
    await until(() => chat.last()[1]?.kind === "answer");
    await chat.send(chat.message("how sure are you?"));
    await until(() => chat.last()[2]?.kind === "words");

    expect(chat.posted).toHaveLength(3);
  });

  it("keeps questions for a worker that comes later, and the rest of the work over a restart", async () => {
    const { chat, start, services } = await open(["bot"]);

    await chat.send(chat.message(asked));
    await until(() => chat.last()[0]?.kind === "progress");
    await services[0]?.close();
    await start("worker");
    await start("bot");
    await until(() => chat.last()[0]?.kind === "answer");

    expect(chat.posted).toHaveLength(1);
  });

  it("refuses who may see nothing, and gives no more than the quota", async () => {
    const rule = {
      channels: ["C1"],
      services: ["geo"],
      guests: false,
      shared: false,
      bots: false,
    };
    const { chat, runs } = await open(["all"], {
      access: { rules: [rule], operators: [] },
      quotas: { userPerHour: 1, channelPerHour: 5 },
    });
    const elsewhere = {
      person: { id: "U1", isGuest: false, isBot: false },
      place: { team: "T1", channel: "C2", kind: "channel", isShared: false },
    } as const;

    await chat.send(
      chat.message(asked, { from: elsewhere, thread: { surface: "fake", thread: "elsewhere" } }),
    );
    await chat.send(chat.message(asked));
    await until(() => chat.last()[0]?.kind === "answer");
    await chat.send(chat.message(asked));
    await chat.send(chat.message("schedule weekdays 9:00"));
    await chat.send(chat.message("health"));
    await until(() => chat.posted.length === 5);

    expect(chat.last("elsewhere")).toMatchObject([{ kind: "failure", code: "access-denied" }]);
    expect(chat.last().slice(1)).toMatchObject([
      {
        kind: "words",
        paragraphs: [expect.stringContaining("You have asked one question in the last hour")],
      },
      { kind: "failure", code: "access-denied", what: "Only operators may change schedules." },
      { kind: "failure", code: "access-denied" },
    ]);
    expect(runs()).toBe(1);
  });

  it("makes, lists and runs a schedule, whose summary comes into the channel", async () => {
    const { chat } = await open();

    for (const text of ["schedule weekdays 9:00 Europe/Berlin", "schedules", "run s1"]) {
      await chat.send(chat.message(text));
    }
    await until(() => chat.last().some((reply) => reply?.kind === "summary"));
    for (const text of ["delete s1", "schedules"]) await chat.send(chat.message(text));
    await until(() => chat.last().length === 6 && chat.last().every((reply) => isFinal(reply)));

    const said = chat.last().map((reply) => (reply?.kind === "words" ? reply.paragraphs[0] : reply?.kind));
    expect(said[0]).toMatch(
      /^Scheduled as s1, for every service: weekdays at 09:00 \(Europe\/Berlin\), next 20/,
    );
    expect(said[1]).toMatch(/^s1, for every service: weekdays at 09:00/);
    expect(said).toContain("s1 is being made; it comes into the channel.");
    expect(said).toContain("Deleted s1.");
    expect(said).toContain("Nothing is scheduled here.");
  });

  it("keeps what is said of an answer", async () => {
    const { chat } = await open();

    await chat.send(chat.message(asked));
    await until(() => chat.last()[0]?.kind === "answer");
    await chat.send(chat.message("that was right", { about: "fake-1" }));
    await until(() => chat.last()[1]?.kind === "words");

    expect(chat.last()[1]).toMatchObject({ paragraphs: [expect.stringMatching(/^Noted: that was right\./)] });
  });
});

function isWaiting(reply: Reply): boolean {
  return reply.kind === "progress" && reply.waiting !== undefined;
}

function isFinal(reply: Reply | undefined): boolean {
  return reply !== undefined && reply.kind !== "progress";
}

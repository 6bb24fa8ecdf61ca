import { afterEach, describe, expect, it, onTestFinished, vi } from "vitest";
import type { NewSchedule, Order } from "../../jobs/enqueue.ts";
import { keepFixed } from "../../jobs/fixed-schedules.ts";
import { openSchedules, startScheduleWork } from "../../jobs/schedules.ts";
import { redisConnections } from "../support/redis-server.ts";
import { until } from "../support/until.ts";

const hour = 3_600_000;
const day = 24 * hour;
const wanted: NewSchedule = {
  wish: "m1",
  thread: { surface: "fake", thread: "C1" },
  channel: "fake C1",
  person: "fake U1",
  cron: "0 9 * * *",
  timeZone: "Europe/Berlin",
  words: "every day at 09:00",
  services: ["geo"],
  isFixed: false,
  from: null,
};

async function open() {
  const connections = await redisConnections();
  const options = { name: "schedules", connections, now: Date.now };
  const schedules = openSchedules(options);
  onTestFinished(() => schedules.close());
  const asked: Order[] = [];
  const troubles: string[] = [];
  const work = () => {
    const running = startScheduleWork({
      lockMs: 15_000,
      ...options,
      questions: {
        async submit(order) {
          asked.push(order);
          return { inThread: 0, inQueue: 0, aboutMs: null };
        },
        stop: async () => 0,
        load: async () => ({ running: 0, waiting: 0 }),
      },
      longestMs: 31 * day,
      permit: () => null,
      onTrouble: (what) => void troubles.push(what),
    });
    onTestFinished(() => running.close());
    return running;
  };
  return { schedules, asked, troubles, work };
}

afterEach(() => void vi.useRealTimers());

describe("schedules", () => {
  it("are kept for their channel, and a wish that is delivered twice is one", async () => {
    const { schedules } = await open();

    const first = await schedules.add(wanted);
    const again = await schedules.add(wanted);
    const other = await schedules.add({ ...wanted, wish: "m2", channel: "fake C2" });

    expect([first.id, again.id, other.id]).toEqual(["s1", "s1", "s2"]);
    expect((await schedules.list("fake C1")).map(({ id }) => id)).toEqual(["s1"]);
    await expect(schedules.change("fake C1", "s2", { isPaused: true })).rejects.toThrow(
      "There is no schedule s2 here",
    );
    await expect(schedules.delete("fake C1", "s2")).rejects.toThrow("There is no schedule s2 here");
    await expect(schedules.run("fake C1", "s2")).rejects.toThrow("There is no schedule s2 here");
  });

  it("are due at their time on the clock of their zone, also over a change of the clocks", async () => {
    const { schedules } = await open();
    const next = async (now: string, cron: string, wish: string) => {
      vi.useFakeTimers({ now: Date.parse(now), toFake: ["Date"] });
      const { id } = await schedules.add({ ...wanted, cron, wish });
      return new Date((await schedules.nextOf(id)) ?? 0).toISOString();
    };

    // Berlin goes to summer time on 2027-03-28 at 02:00, and back on 2026-10-25 at 03:00.
    expect(await next("2027-03-27T09:00:00Z", "0 9 * * *", "a")).toBe("2027-03-28T07:00:00.000Z");
    expect(await next("2027-03-26T09:00:00Z", "0 9 * * *", "b")).toBe("2027-03-27T08:00:00.000Z");
    expect(await next("2026-10-24T08:00:00Z", "0 9 * * *", "c")).toBe("2026-10-25T08:00:00.000Z");
    expect(await next("2026-10-25T09:00:00Z", "0 9 * * 1,2,3,4,5", "d")).toBe("2026-10-26T08:00:00.000Z");
  });

  it("fire once, with all since the last summary, and are not fired where they are paused or deleted", async () => {
    const { schedules, asked, work } = await open();
    const { id } = await schedules.add(wanted);
    const paused = await schedules.add({ ...wanted, wish: "m2" });
    await schedules.change("fake C1", paused.id, { isPaused: true });
    const gone = await schedules.add({ ...wanted, wish: "m3" });
    await schedules.delete("fake C1", gone.id);
    work();
    work();

    await schedules.run("fake C1", id);
    await until(() => asked.length === 1);
    await schedules.run("fake C1", id);
    await until(() => asked.length === 2);

    const [first, second] = asked.map(({ question }) => question);
    expect(asked[0]).toMatchObject({
      task: "summarize",
      thread: wanted.thread,
      isScheduled: true,
      question: { carried: { services: ["geo"] }, timeZone: "Europe/Berlin" },
    });
    expect(first?.id).not.toBe(second?.id);
    expect(second?.askedWindow?.start).toBe(first?.askedWindow?.end);
    expect(await schedules.nextOf(paused.id)).toBeNull();
    expect(await schedules.nextOf(gone.id)).toBeNull();
  });

  it("give one summary after a downtime, of all that was missed", async () => {
    const { schedules, asked, work } = await open();
    const start = Math.floor(Date.now() / hour) * hour;
    vi.useFakeTimers({ now: start - 50 * hour, toFake: ["Date"] });
    await schedules.add({ ...wanted, cron: "0 * * * *", timeZone: "UTC" });
    vi.setSystemTime(start + 60_000);

    work();
    await until(() => asked.length > 0);
    const next = await schedules.nextOf("s1");

    expect(asked).toHaveLength(1);
    expect(next).toBe(start + hour);
  });

  it("of the configuration are kept for channels that are known, changed with it, and not by chat", async () => {
    const { schedules } = await open();
    const nine = { cron: "0 9 * * *", timeZone: "UTC", words: "every day at 09:00" };
    const ten = { cron: "0 10 * * *", timeZone: "UTC", words: "every day at 10:00" };
    const own = await schedules.add(wanted);

    const before = await keepFixed([{ channel: "slack C1", time: nine, services: [] }], schedules);
    const seen = { channel: "slack T1 C1", thread: { surface: "slack", thread: "T1/C1/" }, from: null };
    const firstTime = await schedules.sawChannel(seen);
    const secondTime = await schedules.sawChannel(seen);
    const after = await keepFixed([{ channel: "slack C1", time: nine, services: [] }], schedules);
    const [first] = await schedules.list("slack T1 C1");
    await keepFixed([{ channel: "slack C1", time: nine, services: [] }], schedules);
    await keepFixed([{ channel: "slack C1", time: ten, services: ["geo"] }], schedules);
    const changed = await schedules.list("slack T1 C1");
    await expect(schedules.delete("slack T1 C1", changed[0]?.id ?? "")).rejects.toThrow(
      "in the configuration",
    );
    await keepFixed([], schedules);

    expect([before, after]).toEqual([["slack C1"], []]);
    expect([firstTime, secondTime]).toEqual([true, false]);
    expect(first).toMatchObject({ isFixed: true, thread: seen.thread, words: nine.words });
    expect(changed).toMatchObject([{ words: ten.words, services: ["geo"] }]);
    expect((await schedules.all()).map(({ id }) => id)).toEqual([own.id]);
  });
});

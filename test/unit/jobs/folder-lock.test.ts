import { mkdir, readdir, symlink, utimes } from "node:fs/promises";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { describe, expect, it } from "vitest";
import { withFolderLock } from "../../../jobs/folder-lock.ts";
import { stateFolder } from "../../support/state-folder.ts";

/** Beyond the process numbers that Linux and macOS give out. */
const deadProcess = "99999999";

describe("the folder lock", () => {
  it("lets one in at a time", async () => {
    const lock = join(await stateFolder(), "lock");
    let inside = 0;
    let most = 0;

    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(5);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 8 }, () => withFolderLock(lock, 10_000, work)));

    expect(most).toBe(1);
  });

  it("is free again after work that failed", async () => {
    const folder = await stateFolder();

    const failed = withFolderLock(join(folder, "lock"), 1_000, () => Promise.reject(new Error("no")));

    await expect(failed).rejects.toThrow("no");
    expect(await readdir(folder)).toEqual([]);
  });

  it("is taken from a process that is gone, by one of many that try", async () => {
    const folder = await stateFolder();
    const lock = join(folder, "lock");
    await symlink(deadProcess, lock);
    let most = 0;
    let inside = 0;

    const work = async () => {
      inside += 1;
      most = Math.max(most, inside);
      await sleep(2);
      inside -= 1;
    };
    await Promise.all(Array.from({ length: 6 }, () => withFolderLock(lock, 5_000, work)));

    expect(most).toBe(1);
    expect(await readdir(folder)).toEqual([]);
  });

  it("gets past one that was killed in the moment of breaking a lock", async () => {
    const folder = await stateFolder();
    const lock = join(folder, "lock");
    await symlink(deadProcess, lock);
    await mkdir(`${lock}.break`);
    const longAgo = new Date(Date.now() - 60_000);
    await utimes(`${lock}.break`, longAgo, longAgo);

    expect(await withFolderLock(lock, 2_000, async () => "in")).toBe("in");
  });

  it("gives up on a holder that lives", async () => {
    const lock = join(await stateFolder(), "lock");
    await symlink(String(process.pid), lock);

    await expect(withFolderLock(lock, 60, async () => "in")).rejects.toThrow(/held by another program/);
  });
});

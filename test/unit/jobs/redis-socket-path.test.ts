import { chmod, mkdir, stat } from "node:fs/promises";
import { userInfo } from "node:os";
import { join } from "node:path";
import { describe, expect, it } from "vitest";
import { redisSocketPath } from "../../../jobs/redis-socket-path.ts";
import { stateFolder } from "../../support/state-folder.ts";

const long = `/state/${"a".repeat(120)}`;

describe("the path of the private Redis's socket", () => {
  it("lies beside the data where it is short enough", async () => {
    expect(await redisSocketPath("/state/redis")).toBe("/state/redis/redis.sock");
  });

  it("counts bytes, not letters", async () => {
    const temp = await stateFolder();

    expect(await redisSocketPath(`/state/${"é".repeat(50)}`, temp)).toContain(temp);
  });

  it("is short, the same each time, and differs between folders where the folder's path is long", async () => {
    const temp = await stateFolder();

    const path = await redisSocketPath(long, temp);

    expect(Buffer.byteLength(path)).toBeLessThan(104);
    expect(await redisSocketPath(long, temp)).toBe(path);
    expect(await redisSocketPath(`${long}b`, temp)).not.toBe(path);
    expect((await stat(join(path, ".."))).mode & 0o777).toBe(0o700);
  });

  it("is not put into a folder that others can enter", async () => {
    const temp = await stateFolder();
    const open = join(temp, `localexpert-${userInfo().uid}`);
    await mkdir(open);
    await chmod(open, 0o755);

    await expect(redisSocketPath(long, temp)).rejects.toMatchObject({ code: "redis-unavailable" });
  });
});

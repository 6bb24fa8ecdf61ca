import { createHash } from "node:crypto";
import { lstat, mkdir } from "node:fs/promises";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { BotError } from "../pipeline/errors.ts";

/** `sun_path` has 104 bytes on macOS and the BSDs (108 on Linux), the closing zero included. */
const longestSocketPath = 103;

/**
 * Where the private server of `folder` listens: beside its data, or, where that path is too long for a
 * socket, under a short hashed name in a folder of the temp folder that only this user can enter.
 *
 * Throws: BotError "redis-unavailable" when someone else owns that folder.
 */
export async function redisSocketPath(folder: string, temp = tmpdir()): Promise<string> {
  const beside = join(folder, "redis.sock");
  if (Buffer.byteLength(beside) <= longestSocketPath) return beside;

  const { uid } = userInfo();
  const name = `${createHash("sha256").update(folder).digest("hex").slice(0, 16)}.sock`;
  const inTemp = join(temp, `localexpert-${uid}`);
  const short =
    Buffer.byteLength(join(inTemp, name)) <= longestSocketPath ? inTemp : `/tmp/localexpert-${uid}`;
  await mkdir(short, { recursive: true, mode: 0o700 });
  const found = await lstat(short);
  if (!found.isDirectory() || found.uid !== uid || (found.mode & 0o077) !== 0) {
    throw new BotError(
      "redis-unavailable",
      `${short} must be a folder that only you can enter (mode 0700), for the socket of the private Redis. ` +
        "Remove it, or set LOCALEXPERT_STATE to a shorter path.",
    );
  }
  return join(short, name);
}

import { lstat, mkdir, readlink, rm, rmdir, symlink } from "node:fs/promises";
import { setTimeout as sleep } from "node:timers/promises";

/** No holder keeps a lock longer than a start or stop of the private server may take. */
const oldestMs = 120_000;
const pollMs = 25;

/** Whether a process of this number exists, ours or someone else's. */
export function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return hasCode(error, "EPERM");
  }
}

/** Whether `error` is Node's own, with this code. */
export function hasCode(error: unknown, code: string): boolean {
  return typeof error === "object" && error !== null && "code" in error && error.code === code;
}

/**
 * Runs `work` while no other program (nor another call in this one) holds the lock `path`.
 *
 * The lock is a symbolic link to the holder's process number: made in one step with its content, so
 * there is no moment at which it exists without a holder, and `ln -s` makes the same lock in a shell
 * (redis-guardian.ts). A lock whose holder is gone is broken, under a second lock, so that two
 * programs breaking it at once cannot remove the one that the faster has just taken.
 *
 * Units:  `waitMs` is how long to wait for the holder.
 * Throws: Error when the lock is not free in time; what `work` throws.
 */
export async function withFolderLock<Result>(
  path: string,
  waitMs: number,
  work: () => Promise<Result>,
): Promise<Result> {
  const deadline = performance.now() + waitMs;
  while (!(await take(path))) {
    if (await isStale(path)) await breakLock(path);
    else if (performance.now() > deadline) throw new Error(`${path} is held by another program`);
    else await sleep(pollMs);
  }
  try {
    return await work();
  } finally {
    await rm(path, { force: true });
  }
}

async function take(path: string): Promise<boolean> {
  try {
    await symlink(String(process.pid), path);
    return true;
  } catch (error) {
    if (hasCode(error, "EEXIST")) return false;
    throw error;
  }
}

async function isStale(path: string): Promise<boolean> {
  try {
    const holder = Number(await readlink(path));
    const { mtimeMs } = await lstat(path);
    return !isAlive(holder) || Date.now() - mtimeMs > oldestMs;
  } catch (error) {
    if (hasCode(error, "ENOENT")) return false;
    throw error;
  }
}

async function breakLock(path: string): Promise<void> {
  const breaking = `${path}.break`;
  try {
    await mkdir(breaking);
  } catch (error) {
    if (!hasCode(error, "EEXIST")) throw error;
    await sleep(pollMs);
    // A breaker holds this for microseconds; one that is seconds old was left by a killed program.
    const age = await lstat(breaking).then(
      ({ mtimeMs }) => Date.now() - mtimeMs,
      () => 0,
    );
    if (age > 5_000) await rmdir(breaking).catch(() => {});
    return;
  }
  try {
    if (await isStale(path)) await rm(path, { force: true });
  } finally {
    await rmdir(breaking).catch(() => {});
  }
}

import { execFile } from "node:child_process";
import { availableParallelism, cpus } from "node:os";
import { fileURLToPath } from "node:url";

/** Where figures come from, as they are printed under every table. */
export interface Machine {
  readonly node: string;
  readonly cpu: string;
  readonly cores: number;
  readonly system: string;
  /** Null outside a checkout. */
  readonly commit: string | null;
}

export async function readMachine(): Promise<Machine> {
  return {
    node: process.version,
    cpu: cpus()[0]?.model.trim() || "unknown",
    cores: availableParallelism(),
    system: `${process.platform} ${process.arch}`,
    commit: await readCommit(),
  };
}

async function readCommit(): Promise<string | null> {
  const commit = await git("rev-parse", "--short=12", "HEAD");
  if (commit === null || commit === "") return null;
  const changes = await git("status", "--porcelain");
  return changes === "" ? commit : `${commit} with local changes`;
}

/** Null where git is not, or this is no checkout. */
function git(...words: readonly string[]): Promise<string | null> {
  const cwd = fileURLToPath(new URL(".", import.meta.url));
  return new Promise((resolve) => {
    execFile("git", [...words], { cwd, timeout: 5000 }, (error, output) => {
      resolve(error === null ? output.trim() : null);
    });
  });
}

import { readdirSync, readFileSync, readlinkSync } from "node:fs";

/**
 * Which process has a connection open from a local TCP port, among `pids`; null where none has, or where the
 * system does not tell (/proc is Linux's). Remembers what it found: a port is asked about within milliseconds
 * of what happened there.
 */
export function portOwners(pids: () => readonly number[]) {
  let known = new Map<number, number>();

  function look(): void {
    const inodes = new Map<string, number>();
    for (const line of readOrNothing("/proc/net/tcp").split("\n").slice(1)) {
      const fields = line.trim().split(/\s+/);
      const port = Number.parseInt(fields[1]?.split(":")[1] ?? "", 16);
      if (fields[9] !== undefined) inodes.set(`socket:[${fields[9]}]`, port);
    }
    known = new Map();
    for (const pid of pids()) {
      for (const socket of socketsOf(pid)) {
        const port = inodes.get(socket);
        if (port !== undefined) known.set(port, pid);
      }
    }
  }

  return {
    look,
    ownerOf(port: number): number | null {
      if (!known.has(port)) look();
      return known.get(port) ?? null;
    },
  };
}

function socketsOf(pid: number): string[] {
  try {
    return readdirSync(`/proc/${pid}/fd`).flatMap((fd) => {
      try {
        const target = readlinkSync(`/proc/${pid}/fd/${fd}`);
        return target.startsWith("socket:") ? [target] : [];
      } catch {
        return [];
      }
    });
  } catch {
    return [];
  }
}

function readOrNothing(path: string): string {
  try {
    return readFileSync(path, "utf8");
  } catch {
    return "";
  }
}

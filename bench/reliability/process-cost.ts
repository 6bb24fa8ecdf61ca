import { readFileSync } from "node:fs";

/** What a process has cost so far; zeros where the system does not tell (/proc is Linux's). */
export interface ProcessCost {
  readonly residentMb: number;
  readonly cpuMs: number;
}

const ticksPerSecond = 100;

export function costOf(pid: number | null): ProcessCost {
  try {
    const resident = /^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/status`, "utf8"))?.[1] ?? "0";
    // Behind the name, which may hold anything: utime and stime are the 12th and 13th field.
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    const ticks = Number(fields[11]) + Number(fields[12]);
    return { residentMb: Number(resident) / 1_024, cpuMs: (ticks * 1_000) / ticksPerSecond };
  } catch {
    return { residentMb: 0, cpuMs: 0 };
  }
}

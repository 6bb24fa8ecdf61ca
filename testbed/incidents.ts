import { existsSync } from "node:fs";
import { copyFile, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gunzipSync } from "node:zlib";
import { z } from "zod";
import { shifted, tables } from "./incident-tables.ts";

const IncidentFile = z.object({
  name: z.string(),
  description: z.string(),
  question: z.string(),
  askedAt: z.iso.datetime(),
});

const ReferenceFile = z.object({ periods: z.array(z.object({ start: z.string(), end: z.string() })) });

/** A recorded incident of the repository. */
export interface RecordedIncident {
  readonly name: string;
  readonly description: string;
  /** What is asked first. */
  readonly question: string;
  /** When it was asked: the recording's end. Epoch milliseconds. */
  readonly askedAt: number;
  readonly folder: string;
}

/** The built program lies in dist/, the recordings beside the sources. */
const places = ["./incidents/", "../../testbed/incidents/"].map((path) =>
  fileURLToPath(new URL(path, import.meta.url)),
);

/** All of them, by name. */
export async function recordedIncidents(): Promise<RecordedIncident[]> {
  const place = places.find(existsSync);
  if (place === undefined) return [];
  const incidents: RecordedIncident[] = [];
  for (const name of (await readdir(place)).sort()) {
    const path = join(place, name, "incident.json");
    if (!existsSync(path)) continue;
    const { askedAt, ...rest } = IncidentFile.parse(JSON.parse(await readFile(path, "utf8")));
    incidents.push({ ...rest, askedAt: Date.parse(askedAt), folder: join(place, name) });
  }
  return incidents;
}

/**
 * Writes the incident into `folder` as if it had been asked about at `askedAt` (epoch milliseconds): every
 * time is moved by the same amount, nothing else changes.
 */
export async function shiftIncident(
  incident: RecordedIncident,
  folder: string,
  askedAt: number,
): Promise<void> {
  const byMs = Math.round(askedAt - incident.askedAt);
  await mkdir(folder, { recursive: true });
  for (const table of tables) {
    const from = join(incident.folder, `${table.file}.gz`);
    if (!existsSync(from)) continue;
    const lines = gunzipSync(await readFile(from))
      .toString("utf8")
      .split("\n");
    await writeFile(join(folder, table.file), lines.map((line) => shifted(table, line, byMs)).join("\n"));
  }
  await copyFile(join(incident.folder, "topology.csv"), join(folder, "topology.csv"));
  const { periods } = ReferenceFile.parse(
    JSON.parse(await readFile(join(incident.folder, "reference.json"), "utf8")),
  );
  const moved = (time: string) => new Date(Date.parse(time) + byMs).toISOString();
  const told = periods.map(({ start, end }) => ({ start: moved(start), end: moved(end) }));
  await writeFile(join(folder, "reference.json"), JSON.stringify({ periods: told }));
}

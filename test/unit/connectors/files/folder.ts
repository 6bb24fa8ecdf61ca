import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { onTestFinished } from "vitest";
import { type FilesConnector, openFiles } from "../../../../connectors/files/index.ts";
import type { LogLine, Modality, RawSeries, Span, TimeWindow } from "../../../../pipeline/types.ts";

/** Writes files into a new folder; the caller removes it. */
export async function writeFolder(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), "localexpert-files-"));
  for (const [name, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), content);
  }
  return folder;
}

/** A folder for one test, removed after it. */
export async function temporaryFolder(files: Readonly<Record<string, string | Buffer>>): Promise<string> {
  const folder = await writeFolder(files);
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  return folder;
}

export async function openTemporary(
  files: Readonly<Record<string, string | Buffer>>,
): Promise<FilesConnector> {
  const connector = await openFiles({ type: "files", path: await temporaryFolder(files), name: "test" });
  onTestFinished(() => connector.close());
  return connector;
}

interface Items {
  metric: RawSeries;
  log: LogLine;
  trace: Span;
}

export async function read<Kind extends Modality>(
  connector: FilesConnector,
  modality: Kind,
  windows: readonly TimeWindow[],
  limit = 1_000_000,
) {
  const source = connector.sources.find((one) => one.modality === modality);
  if (source === undefined) throw new Error(`no source of ${modality}`);
  const fetched = await source.fetch({ windows, services: null, limit }, new AbortController().signal);
  return { items: fetched.items as readonly Items[Kind][], gaps: fetched.gaps };
}

export function at(iso: string): number {
  return Date.parse(iso);
}

export const allTime: TimeWindow = { start: at("1990-01-01T00:00:00Z"), end: at("2100-01-01T00:00:00Z") };

import { execFileSync } from "node:child_process";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { crc32, inflateSync } from "node:zlib";
import { afterAll, beforeAll, describe, expect, it } from "vitest";
import { appPackage } from "../../../../../bot/surfaces/teams/package/app-package.ts";
import { colourIcon, outlineIcon } from "../../../../../bot/surfaces/teams/package/icons.ts";
import { findProgram } from "../../../../support/programs.ts";

const options = {
  appId: "66666666-7777-8888-9999-000000000000",
  name: "LocaleXpert",
  developer: "Hotel",
  website: "https://hotel.example/localexpert",
  version: "0.1.0",
};
const unzip = findProgram("unzip");
if (unzip === null)
  process.stdout.write("skipped: the app package in the hands of unzip, which is not there\n");

describe.skipIf(unzip === null)("the app package, unpacked by another program", () => {
  let folder: string;
  const inside = (name: string) => readFile(join(folder, name));

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), "localexpert-package-"));
    await writeFile(join(folder, "app.zip"), appPackage(options));
    execFileSync(unzip ?? "", ["-q", "app.zip"], { cwd: folder });
  });

  afterAll(() => rm(folder, { recursive: true, force: true }));

  it("holds a manifest that names the bot, within Teams' limits", async () => {
    const manifest = JSON.parse(String(await inside("manifest.json")));

    expect(manifest).toMatchObject({
      id: options.appId,
      version: "0.1.0",
      bots: [{ botId: options.appId, scopes: ["personal", "team", "groupChat"] }],
      icons: { color: "color.png", outline: "outline.png" },
    });
    expect(manifest.description.short.length).toBeLessThanOrEqual(80);
    expect(manifest.description.full.length).toBeLessThanOrEqual(4_000);
    for (const { title, description } of manifest.bots[0].commandLists[0].commands) {
      expect(title.length).toBeLessThanOrEqual(32);
      expect(description.length).toBeLessThanOrEqual(128);
    }
  });

  it("holds the icons as they were drawn", async () => {
    expect(await inside("color.png")).toEqual(colourIcon());
    expect(await inside("outline.png")).toEqual(outlineIcon());
  });
});

it("is the same each time", () => {
  expect(appPackage(options)).toEqual(appPackage(options));
});

describe("the icons", () => {
  /** Rows of a PNG, each with its filter byte. */
  function read(png: Buffer): { size: number; pixels: Buffer } {
    const size = png.readUInt32BE(16);
    const length = png.readUInt32BE(33);
    const body = png.subarray(37, 41 + length);
    expect(png.readUInt32BE(41 + length)).toBe(crc32(body));
    return { size, pixels: inflateSync(body.subarray(4)) };
  }

  it("is 192 pixels wide in colour, without holes", () => {
    const { size, pixels } = read(colourIcon());

    expect(size).toBe(192);
    for (let y = 0; y < size; y++) {
      for (let x = 0; x < size; x++) expect(pixels[y * (size * 4 + 1) + 1 + x * 4 + 3]).toBe(255);
    }
  });

  it("is 32 pixels wide in outline, all white", () => {
    const { size, pixels } = read(outlineIcon());

    expect(size).toBe(32);
    const rows = Array.from({ length: size }, (_row, y) => pixels.subarray(y * 129 + 1, (y + 1) * 129));
    const whites = rows.flatMap((row) => [...row].filter((_value, index) => index % 4 !== 3));
    expect(new Set(whites)).toEqual(new Set([255]));
  });
});

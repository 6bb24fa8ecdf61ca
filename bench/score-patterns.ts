import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { gunzipSync } from "node:zlib";
import { classifyPattern, patternNames } from "../pipeline/describe/pattern.ts";
import { patternMatcher, segmentLength } from "../pipeline/describe/pattern-network.ts";
import { patternWeights } from "../pipeline/describe/pattern-weights.ts";
import { xoshiro } from "../pipeline/learn/xoshiro.ts";
import { median } from "../pipeline/statistics/moments.ts";
import { macroF1 } from "./macro-f1.ts";
import { makeSegments } from "./pattern-segments.ts";

/**
 * How well the network and the rules name patterns: `node dist/bench/score-patterns.js LABELS DATA...`.
 * LABELS is pattern-labels.tsv, DATA are the folders that its files lie under; what is not there is left
 * out and counted.
 */
interface Labelled {
  readonly label: number;
  readonly values: readonly number[];
}

const beginning = 8;

function run(labels: string, folders: readonly string[]): void {
  const generated = makeSegments(600, xoshiro(7, "pattern-test"));
  report("generated", generated);
  const rows = readFileSync(labels, "utf8").trimEnd().split("\n").slice(1);
  const read = rows.map((row) => labelled(row, folders));
  const found = read.filter((one) => one !== null);
  report(`real telemetry, named by a language model (${found.length} of ${rows.length} found)`, found);
}

function report(name: string, segments: readonly Labelled[]): void {
  const match = patternMatcher(patternWeights);
  const truth = segments.map(({ label }) => label);
  for (const [method, classify] of [
    ["network", match],
    ["rules", classifyPattern],
  ] as const) {
    const named = segments.map(({ values }) => {
      const pattern = classify(values, directionOf(values));
      return pattern === null ? -1 : patternNames.indexOf(pattern);
    });
    const right = named.filter((index, i) => index === truth[i]).length;
    process.stdout.write(
      `${name}: ${method}: macro-F1 ${macroF1(truth, named).toFixed(3)}, right ${right} of ${truth.length}\n`,
    );
    for (const [index, pattern] of patternNames.entries()) {
      const of = truth.flatMap((label, i) => (label === index ? [named[i]] : []));
      if (of.length === 0) continue;
      process.stdout.write(`  ${pattern}: ${of.filter((one) => one === index).length} of ${of.length}\n`);
    }
  }
}

/** As a detector sees it: towards the sample that is furthest from how the segment begins. */
function directionOf(values: readonly number[]): "up" | "down" {
  const usual = median(values.slice(0, beginning));
  return Math.max(...values) - usual >= usual - Math.min(...values) ? "up" : "down";
}

function labelled(row: string, folders: readonly string[]): Labelled | null {
  const [label = "", file = "", series = "", start = ""] = row.split("\t");
  const path = folders.map((folder) => join(folder, file)).find((candidate) => existsSync(candidate));
  if (path === undefined) return null;
  const samples = samplesOf(path, series);
  const from = samples.findIndex(({ time }) => time === start);
  const values = samples.slice(from, from + segmentLength).map(({ value }) => value);
  if (from < 0 || values.length < segmentLength) return null;
  const names: readonly string[] = patternNames;
  return { label: names.indexOf(label), values };
}

interface TimedValue {
  readonly time: string;
  readonly value: number;
}

/** PetShop's three header rows, the testbed's rows of one value, or Nezha's columns. */
function samplesOf(path: string, series: string): TimedValue[] {
  const bytes = readFileSync(path);
  const text = (path.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8");
  const rows = text
    .trimEnd()
    .split("\n")
    .map((line) => line.trimEnd().split(","));
  const head = rows[0] ?? [];
  if (head[0] === "microservice") {
    const column = head.findIndex(
      (_, at) =>
        rows
          .slice(0, 3)
          .map((row) => row[at])
          .join("|") === series,
    );
    return rows.slice(4).map((row) => ({ time: row[0] ?? "", value: numberOf(row[column]) }));
  }
  if (head[0] === "time") {
    const own = rows.slice(1).filter((row) => row[3] === series);
    return own.map((row) => ({ time: secondsText(numberOf(row[0])), value: numberOf(row[4]) }));
  }
  const column = head.indexOf(series);
  return rows.slice(1).map((row) => ({ time: (row[0] ?? "").slice(0, 19), value: numberOf(row[column]) }));
}

/** Milliseconds as the labels have them: seconds with at least one decimal. */
function secondsText(milliseconds: number): string {
  const text = String(milliseconds / 1000);
  return text.includes(".") ? text : `${text}.0`;
}

function numberOf(text: string | undefined): number {
  return text === undefined || text === "" ? Number.NaN : Number(text);
}

const [labels = "", ...folders] = process.argv.slice(2);
run(labels, folders);

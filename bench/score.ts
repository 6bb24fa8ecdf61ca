import { xoshiro } from "../pipeline/learn/xoshiro.ts";
import { quantile } from "../pipeline/statistics/quantiles.ts";

/** The rankings are read this deep: Avg@5 is the mean of A@1 to A@5. */
const deepest = 5;
const resamples = 2000;

/** What a case adds to A@1, A@2, … A@5: 0 or 1, or for a random ranking how likely it is right. */
export type Credits = readonly number[];

/** A share with its 95 % interval. */
export interface Share {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

export interface Accuracy {
  readonly cases: number;
  readonly at1: Share;
  readonly at3: Share;
  readonly at5: Share;
  readonly average5: Share;
}

/** Place of the first right name, from 1; null when none is ranked. A name that comes twice counts once. */
export function rankOf(ranked: readonly string[], right: readonly string[]): number | null {
  const index = [...new Set(ranked)].findIndex((name) => right.includes(name));
  return index < 0 ? null : index + 1;
}

/** Not ranked is a miss at every depth. */
export function credits(rank: number | null): Credits {
  return Array.from({ length: deepest }, (_, index) => (rank !== null && rank <= index + 1 ? 1 : 0));
}

/**
 * What a ranking in uniformly random order scores on average, exactly:
 * A@k = 1 - C(total - right, k) / C(total, k), which is k / total for one right name.
 * A truth that is not among the `total` names scores nothing (`right` = 0).
 */
export function randomCredits(total: number, right: number): Credits {
  let allWrong = 1;
  return Array.from({ length: deepest }, (_, index) => {
    allWrong *= Math.max(0, total - right - index) / Math.max(1, total - index);
    return right === 0 ? 0 : 1 - allWrong;
  });
}

/**
 * A@k over cases, with intervals from resampling whole cases.
 *
 * Shape:  null without cases.
 * Units:  shares, 0 to 1; intervals between the 2.5 % and 97.5 % quantiles of 2,000 resamples. Where
 *         every case scores alike the interval has no width, however few the cases.
 * Source: ALGORITHMS section 12; percentile bootstrap: Efron and Tibshirani 1993, chapter 13.
 */
export function accuracy(scored: readonly Credits[], seed: number): Accuracy | null {
  if (scored.length === 0) return null;
  const rows = scored.map(figures);
  const random = xoshiro(seed, "bootstrap");
  const drawn: Figures[] = [];
  for (let i = 0; i < resamples; i++) {
    drawn.push(mean(rows.map(() => rows[Math.floor(random() * rows.length)] ?? noFigures)));
  }
  const all = mean(rows);
  const share = (of: (figures: Figures) => number): Share => {
    const values = drawn.map(of);
    return { value: of(all), low: quantile(values, 0.025), high: quantile(values, 0.975) };
  };
  return {
    cases: scored.length,
    at1: share(({ at1 }) => at1),
    at3: share(({ at3 }) => at3),
    at5: share(({ at5 }) => at5),
    average5: share(({ average5 }) => average5),
  };
}

interface Figures {
  readonly at1: number;
  readonly at3: number;
  readonly at5: number;
  readonly average5: number;
}

const noFigures: Figures = { at1: 0, at3: 0, at5: 0, average5: 0 };

function figures(credit: Credits): Figures {
  const sum = credit.reduce((total, value) => total + value, 0);
  return { at1: credit[0] ?? 0, at3: credit[2] ?? 0, at5: credit[4] ?? 0, average5: sum / deepest };
}

function mean(rows: readonly Figures[]): Figures {
  const sum = { ...noFigures };
  for (const row of rows) {
    sum.at1 += row.at1;
    sum.at3 += row.at3;
    sum.at5 += row.at5;
    sum.average5 += row.average5;
  }
  const n = rows.length;
  return { at1: sum.at1 / n, at3: sum.at3 / n, at5: sum.at5 / n, average5: sum.average5 / n };
}

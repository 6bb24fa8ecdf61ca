import { crc32, deflateSync } from "node:zlib";

/** Red, green, blue, opacity; 0 to 255. */
type Colour = readonly [number, number, number, number];
interface Point {
  readonly x: number;
  readonly y: number;
}

export const accentColour = "#1B6B72";
const teal: Colour = [0x1b, 0x6b, 0x72, 255];
const amber: Colour = [0xff, 0xb4, 0x3c, 255];
const white: Colour = [255, 255, 255, 255];
const clear: Colour = [255, 255, 255, 0];

const colourSize = 192;
const outlineSize = 32;
/** Samples along each side of a pixel, for soft edges. */
const samples = 4;

/** A curve that leaves its quiet line, in a square from 0 to 1. */
const curve: readonly Point[] = [
  { x: 0.14, y: 0.66 },
  { x: 0.36, y: 0.66 },
  { x: 0.5, y: 0.26 },
  { x: 0.62, y: 0.74 },
  { x: 0.7, y: 0.6 },
  { x: 0.86, y: 0.6 },
];
const peak: Point = { x: 0.5, y: 0.26 };
const lineWidth = 0.075;
const dotRadius = 0.1;

/** The icon of the app, 192 pixels: the curve in white, the moment it broke in amber. */
export function colourIcon(): Buffer {
  return png(colourSize, (point) => {
    if (distance(point, peak) < dotRadius) return amber;
    return onCurve(point) ? white : teal;
  });
}

/** What Teams shows in its bar, 32 pixels: white on nothing. */
export function outlineIcon(): Buffer {
  return png(outlineSize, (point) => (onCurve(point) || distance(point, peak) < dotRadius ? white : clear));
}

function onCurve(point: Point): boolean {
  return curve.some((end, index) => {
    const start = curve[index - 1];
    return start !== undefined && toSegment(point, start, end) < lineWidth / 2;
  });
}

function distance(a: Point, b: Point): number {
  return Math.hypot(a.x - b.x, a.y - b.y);
}

function toSegment(point: Point, start: Point, end: Point): number {
  const length = distance(start, end);
  const along =
    ((point.x - start.x) * (end.x - start.x) + (point.y - start.y) * (end.y - start.y)) / length ** 2;
  const at = Math.min(1, Math.max(0, along));
  return distance(point, { x: start.x + at * (end.x - start.x), y: start.y + at * (end.y - start.y) });
}

/**
 * A square picture as PNG.
 *
 * Shape:  truecolour with alpha, one unfiltered scan line per row.
 * Source: PNG 1.2, W3C, sections 5 and 11.
 */
function png(size: number, colourAt: (point: Point) => Colour): Buffer {
  const rows = Array.from({ length: size }, (_row, y) =>
    Buffer.from([0, ...Array.from({ length: size }, (_pixel, x) => pixel(x, y, size, colourAt)).flat()]),
  );
  const header = Buffer.alloc(13);
  header.writeUInt32BE(size, 0);
  header.writeUInt32BE(size, 4);
  header.set([8, 6, 0, 0, 0], 8);
  const signature = Buffer.from([0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a]);
  return Buffer.concat([
    signature,
    chunk("IHDR", header),
    chunk("IDAT", deflateSync(Buffer.concat(rows))),
    chunk("IEND", Buffer.alloc(0)),
  ]);
}

/** The mean of several points of a pixel. */
function pixel(x: number, y: number, size: number, colourAt: (point: Point) => Colour): number[] {
  const sums = [0, 0, 0, 0];
  for (let i = 0; i < samples * samples; i++) {
    const point = {
      x: (x + ((i % samples) + 0.5) / samples) / size,
      y: (y + (Math.floor(i / samples) + 0.5) / samples) / size,
    };
    for (const [channel, value] of colourAt(point).entries()) sums[channel] = (sums[channel] ?? 0) + value;
  }
  return sums.map((sum) => Math.round(sum / samples ** 2));
}

function chunk(type: string, content: Buffer): Buffer {
  const body = Buffer.concat([Buffer.from(type, "latin1"), content]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(content.length);
  const check = Buffer.alloc(4);
  check.writeUInt32BE(crc32(body));
  return Buffer.concat([length, body, check]);
}

import { type Tape, type Tensor, tensor } from "../../learn/tape.ts";
import type { Random } from "../../learn/xoshiro.ts";

/** Where a flow takes a sample, and by how much it stretches space there: ln|det|, one column. */
export interface Flowed {
  readonly z: Tensor;
  readonly logDeterminant: Tensor;
}

/** Parameters of one RealNVP block on `width` dimensions. */
export interface RealNvpBlock {
  /** ActNorm: z · exp(logScale) + shift. */
  readonly logScale: Tensor;
  readonly shift: Tensor;
  /** Coupling: one hidden layer, then shift and scale of the second half side by side. */
  readonly hidden: Tensor;
  readonly hiddenBias: Tensor;
  readonly coupling: Tensor;
  readonly couplingBias: Tensor;
  /** An invertible matrix as lower · (upper + diagonal), only the parts beside the diagonal used. */
  readonly lower: Tensor;
  readonly upper: Tensor;
  readonly diagonal: Tensor;
}

/** Coupling starts by leaving nearly everything as it is: sigmoid(2) = 0.88. */
const scaleBias = 2;

export function newRealNvpBlock(width: number, hidden: number, random: Random): RealNvpBlock {
  const kept = width >> 1;
  const reach = Math.sqrt(6 / (kept + hidden));
  return {
    logScale: tensor(1, width),
    shift: tensor(1, width),
    hidden: tensor(
      kept,
      hidden,
      Float64Array.from({ length: kept * hidden }, () => reach * (2 * random() - 1)),
    ),
    hiddenBias: tensor(1, hidden),
    coupling: tensor(hidden, 2 * (width - kept)),
    couplingBias: tensor(1, 2 * (width - kept)),
    lower: tensor(width, width),
    upper: tensor(width, width),
    diagonal: tensor(1, width, new Float64Array(width).fill(1)),
  };
}

/**
 * One block of RealNVP: ActNorm, affine coupling, the halves exchanged, an invertible dense layer.
 *
 * Source: Dinh et al., ICLR 2017, and Kingma and Dhariwal (Glow), NeurIPS 2018, as in TraceAnomaly
 *         (ALGORITHMS 4.3). The dense layer is kept as triangular factors, so that its determinant is a
 *         product; the exchange stands for Glow's permutation.
 */
export function realNvp(tape: Tape, input: Tensor, block: RealNvpBlock): Flowed {
  const { rows, cols } = input;
  const kept = cols >> 1;
  const scaled = tape.add(tape.multiply(input, tape.map(block.logScale, "exp")), block.shift);
  const first = tape.columns(scaled, 0, kept);
  const hidden = tape.map(tape.add(tape.product(first, block.hidden), block.hiddenBias), "leaky-relu");
  const steering = tape.add(tape.product(hidden, block.coupling), block.couplingBias);
  const coupled = couple(
    tape,
    tape.columns(scaled, kept, cols),
    tape.columns(steering, 0, cols - kept),
    tape.columns(steering, cols - kept, 2 * (cols - kept)),
  );
  const exchanged = tape.beside([coupled.z, first]);
  const z = tape.product(exchanged, denseOf(tape, block));
  const constant = tape.add(tape.sum(block.logScale), tape.sum(tape.map(block.diagonal, "log-abs")));
  return { z, logDeterminant: tape.add(coupled.logDeterminant, repeated(tape, constant, rows)) };
}

/** y = (x + shift) · sigmoid(scale + 2) */
export function couple(tape: Tape, x: Tensor, shift: Tensor, scale: Tensor): Flowed {
  const factor = tape.map(tape.affine(scale, 1, scaleBias), "sigmoid");
  return {
    z: tape.multiply(tape.add(x, shift), factor),
    logDeterminant: tape.sumOfRows(tape.map(factor, "log")),
  };
}

/** The matrix of a block's dense layer. */
export function denseOf(tape: Tape, { lower, upper, diagonal }: RealNvpBlock): Tensor {
  const width = diagonal.cols;
  const below = (row: number, col: number) => (row > col ? 1 : 0);
  const left = tape.add(
    tape.multiply(lower, pattern(width, below)),
    pattern(width, (row, col) => (row === col ? 1 : 0)),
  );
  const onDiagonal = tape.multiply(
    pattern(width, (row, col) => (row === col ? 1 : 0)),
    diagonal,
  );
  const right = tape.add(
    tape.multiply(
      upper,
      pattern(width, (row, col) => below(col, row)),
    ),
    onDiagonal,
  );
  return tape.product(left, right);
}

/** Parameters of one planar flow, each one row but the bias. */
export interface PlanarFlow {
  readonly direction: Tensor;
  readonly normal: Tensor;
  readonly bias: Tensor;
}

/**
 * f(z) = z + û · tanh(w·z + b), with û bent so that f stays invertible.
 *
 * Source: Rezende and Mohamed, ICML 2015 (ALGORITHMS 3.4).
 */
export function planar(tape: Tape, input: Tensor, { direction, normal, bias }: PlanarFlow): Flowed {
  const column = tape.reshape(normal, normal.cols, 1);
  const aligned = tape.product(direction, column);
  const wanted = tape.affine(tape.map(aligned, "softplus"), 1, -1);
  const missing = tape.add(wanted, tape.affine(aligned, -1));
  const length = tape.sum(tape.map(normal, "square"));
  const factor = tape.multiply(missing, tape.map(length, "reciprocal"));
  const bent = tape.add(direction, tape.product(factor, normal));
  const bend = tape.map(tape.add(tape.product(input, column), bias), "tanh");
  const slope = tape.affine(tape.map(bend, "square"), -1, 1);
  const stretch = tape.affine(tape.multiply(slope, tape.product(bent, column)), 1, 1);
  return { z: tape.add(input, tape.product(bend, bent)), logDeterminant: tape.map(stretch, "log-abs") };
}

function pattern(width: number, value: (row: number, col: number) => number): Tensor {
  return tensor(
    width,
    width,
    Float64Array.from({ length: width * width }, (_, i) => value(Math.floor(i / width), i % width)),
  );
}

/** One entry as a column of `rows`. */
function repeated(tape: Tape, entry: Tensor, rows: number): Tensor {
  return tape.product(tensor(rows, 1, new Float64Array(rows).fill(1)), entry);
}

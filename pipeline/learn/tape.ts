import { addProduct, addProductTransposedLeft, addProductTransposedRight } from "./matrix-kernels.ts";

/** A row-major matrix and, of the same shape, the derivative of the loss by each of its entries. */
export interface Tensor {
  readonly rows: number;
  readonly cols: number;
  readonly data: Float64Array;
  readonly grad: Float64Array;
}

/** `data` is kept, not copied; zeros where it is left out. */
export function tensor(rows: number, cols: number, data?: Float64Array): Tensor {
  let grad: Float64Array | null = null;
  return {
    rows,
    cols,
    data: data ?? new Float64Array(rows * cols),
    // Made when it is first asked for: who only computes needs none.
    get grad() {
      grad ??= new Float64Array(rows * cols);
      return grad;
    },
  };
}

/** The functions that can be applied to each entry. */
export type Elementwise =
  | "relu"
  | "leaky-relu"
  | "sigmoid"
  | "tanh"
  | "softplus"
  | "exp"
  | "log"
  | "square"
  | "reciprocal"
  | "log-abs";

const leak = 0.2;

/**
 * Operations that remember how to run backwards. `b` of `add` and `multiply` has `a`'s shape, or one row
 * for all of `a`'s, or one entry.
 */
export interface Tape {
  product(a: Tensor, b: Tensor): Tensor;
  add(a: Tensor, b: Tensor): Tensor;
  multiply(a: Tensor, b: Tensor): Tensor;
  /** a · factor + shift */
  affine(a: Tensor, factor: number, shift?: number): Tensor;
  map(a: Tensor, by: Elementwise): Tensor;
  /** Columns [from, to). */
  columns(a: Tensor, from: number, to: number): Tensor;
  /** Side by side. */
  beside(parts: readonly Tensor[]): Tensor;
  /** One column: the sum of each row. */
  sumOfRows(a: Tensor): Tensor;
  /** One row: the mean of each column. */
  meanOfColumns(a: Tensor): Tensor;
  /** One entry. */
  sum(a: Tensor): Tensor;
  /** The same entries in another shape; shared, not copied. */
  reshape(a: Tensor, rows: number, cols: number): Tensor;
  /**
   * Rows are `length` steps of one sequence after another; each becomes the `width` steps around it side
   * by side, zeros beyond the ends, `padding` of them on either side. With `product` that is a convolution.
   */
  unfold(a: Tensor, length: number, width: number, padding: number): Tensor;
  /** The larger of each two steps of sequences of `length`; an odd last step goes. */
  halve(a: Tensor, length: number): Tensor;
  /** One entry: mean cross-entropy of softmax(a) against the probabilities in `targets`. */
  crossEntropy(a: Tensor, targets: Float64Array): Tensor;
  /** Adds to every tensor's `grad` the derivative of `loss`, which has one entry. */
  backward(loss: Tensor): void;
}

/**
 * Reverse-mode differentiation: every operation is computed at once and noted; `backward` runs the notes
 * in reverse. One tape per training step.
 *
 * Throws: never; shapes that do not fit are bugs of the caller and give wrong numbers.
 */
export function newTape(): Tape {
  const notes: (() => void)[] = [];
  const noted = (result: Tensor, back: () => void): Tensor => {
    notes.push(back);
    return result;
  };
  return {
    product(a, b) {
      const result = tensor(a.rows, b.cols);
      addProduct(result.data, a.data, b.data, a.rows, a.cols, b.cols);
      return noted(result, () => {
        addProductTransposedRight(a.grad, result.grad, b.data, a.rows, a.cols, b.cols);
        addProductTransposedLeft(b.grad, a.data, result.grad, a.rows, a.cols, b.cols);
      });
    },
    add(a, b) {
      const result = tensor(a.rows, a.cols);
      const size = b.data.length;
      for (let i = 0; i < a.data.length; i++) result.data[i] = (a.data[i] ?? 0) + (b.data[i % size] ?? 0);
      return noted(result, () => {
        const [intoA, intoB, from] = [a.grad, b.grad, result.grad];
        for (let i = 0; i < from.length; i++) {
          const grad = from[i] ?? 0;
          intoA[i] = (intoA[i] ?? 0) + grad;
          intoB[i % size] = (intoB[i % size] ?? 0) + grad;
        }
      });
    },
    multiply(a, b) {
      const result = tensor(a.rows, a.cols);
      const size = b.data.length;
      for (let i = 0; i < a.data.length; i++) result.data[i] = (a.data[i] ?? 0) * (b.data[i % size] ?? 0);
      return noted(result, () => {
        const [intoA, intoB, from] = [a.grad, b.grad, result.grad];
        for (let i = 0; i < from.length; i++) {
          const grad = from[i] ?? 0;
          intoA[i] = (intoA[i] ?? 0) + grad * (b.data[i % size] ?? 0);
          intoB[i % size] = (intoB[i % size] ?? 0) + grad * (a.data[i] ?? 0);
        }
      });
    },
    affine(a, factor, shift = 0) {
      const result = tensor(a.rows, a.cols);
      for (let i = 0; i < a.data.length; i++) result.data[i] = (a.data[i] ?? 0) * factor + shift;
      return noted(result, () => {
        for (let i = 0; i < a.data.length; i++) a.grad[i] = (a.grad[i] ?? 0) + factor * (result.grad[i] ?? 0);
      });
    },
    map(a, by) {
      const { value, slope } = functions[by];
      const result = tensor(a.rows, a.cols);
      for (let i = 0; i < a.data.length; i++) result.data[i] = value(a.data[i] ?? 0);
      return noted(result, () => {
        const [into, from] = [a.grad, result.grad];
        for (let i = 0; i < from.length; i++) {
          const rate = slope(a.data[i] ?? 0, result.data[i] ?? 0);
          into[i] = (into[i] ?? 0) + rate * (from[i] ?? 0);
        }
      });
    },
    columns(a, from, to) {
      const result = tensor(a.rows, to - from);
      copyColumns(result.data, 0, result.cols, a.data, from, a.cols, a.rows, to - from);
      return noted(result, () => addColumns(a.grad, from, a.cols, result.grad, 0, result.cols, a.rows));
    },
    beside(parts) {
      const rows = parts[0]?.rows ?? 0;
      const result = tensor(
        rows,
        parts.reduce((sum, { cols }) => sum + cols, 0),
      );
      let at = 0;
      const places = parts.map((part) => {
        const place = at;
        copyColumns(result.data, place, result.cols, part.data, 0, part.cols, rows, part.cols);
        at += part.cols;
        return place;
      });
      return noted(result, () =>
        parts.forEach((part, index) => {
          addColumns(part.grad, 0, part.cols, result.grad, places[index] ?? 0, result.cols, rows, part.cols);
        }),
      );
    },
    sumOfRows(a) {
      const result = tensor(a.rows, 1);
      for (let i = 0; i < a.data.length; i++) {
        const row = Math.floor(i / a.cols);
        result.data[row] = (result.data[row] ?? 0) + (a.data[i] ?? 0);
      }
      return noted(result, () => {
        const [into, from] = [a.grad, result.grad];
        for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + (from[Math.floor(i / a.cols)] ?? 0);
      });
    },
    meanOfColumns(a) {
      const result = tensor(1, a.cols);
      for (let i = 0; i < a.data.length; i++) {
        const col = i % a.cols;
        result.data[col] = (result.data[col] ?? 0) + (a.data[i] ?? 0) / a.rows;
      }
      return noted(result, () => {
        const [into, from] = [a.grad, result.grad];
        for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + (from[i % a.cols] ?? 0) / a.rows;
      });
    },
    sum(a) {
      const result = tensor(1, 1);
      let total = 0;
      for (let i = 0; i < a.data.length; i++) total += a.data[i] ?? 0;
      result.data[0] = total;
      return noted(result, () => {
        const [into, grad] = [a.grad, result.grad[0] ?? 0];
        for (let i = 0; i < into.length; i++) into[i] = (into[i] ?? 0) + grad;
      });
    },
    reshape: (a, rows, cols) => ({
      rows,
      cols,
      data: a.data,
      get grad() {
        return a.grad;
      },
    }),
    unfold(a, length, width, padding) {
      const places = unfoldedPlaces(a, length, width, padding);
      const { cols } = a;
      const outLength = length + 2 * padding - width + 1;
      const result = tensor((a.rows / length) * outLength, width * cols);
      places.forEach((from, index) => {
        if (from < 0) return;
        for (let c = 0; c < cols; c++) result.data[index * cols + c] = a.data[from * cols + c] ?? 0;
      });
      return noted(result, () => {
        const [into, grads] = [a.grad, result.grad];
        places.forEach((from, index) => {
          if (from < 0) return;
          for (let c = 0; c < cols; c++) {
            into[from * cols + c] = (into[from * cols + c] ?? 0) + (grads[index * cols + c] ?? 0);
          }
        });
      });
    },
    halve(a, length) {
      const half = Math.floor(length / 2);
      const sequences = a.rows / length;
      const result = tensor(sequences * half, a.cols);
      const taken = new Int32Array(result.data.length);
      for (let s = 0; s < sequences; s++) {
        for (let t = 0; t < half; t++) {
          for (let c = 0; c < a.cols; c++) {
            const first = (s * length + 2 * t) * a.cols + c;
            const second = first + a.cols;
            const at = (s * half + t) * a.cols + c;
            taken[at] = (a.data[second] ?? 0) > (a.data[first] ?? 0) ? second : first;
            result.data[at] = a.data[taken[at] ?? 0] ?? 0;
          }
        }
      }
      return noted(result, () => {
        const [into, grads] = [a.grad, result.grad];
        taken.forEach((from, index) => {
          into[from] = (into[from] ?? 0) + (grads[index] ?? 0);
        });
      });
    },
    crossEntropy(a, targets) {
      const result = tensor(1, 1);
      const probabilities = softmaxRows(a);
      let loss = 0;
      for (let i = 0; i < targets.length; i++) {
        const target = targets[i] ?? 0;
        if (target > 0) loss -= target * Math.log(Math.max(probabilities[i] ?? 0, 1e-300));
      }
      result.data[0] = loss / a.rows;
      return noted(result, () => {
        const [into, grad] = [a.grad, (result.grad[0] ?? 0) / a.rows];
        for (let i = 0; i < targets.length; i++) {
          into[i] = (into[i] ?? 0) + grad * ((probabilities[i] ?? 0) - (targets[i] ?? 0));
        }
      });
    },
    backward(loss) {
      loss.grad[0] = 1;
      for (let i = notes.length - 1; i >= 0; i--) notes[i]?.();
    },
  };
}

/** Each row's softmax. */
export function softmaxRows({ rows, cols, data }: Tensor): Float64Array {
  const result = new Float64Array(rows * cols);
  for (let row = 0; row < rows; row++) {
    const from = row * cols;
    let largest = Number.NEGATIVE_INFINITY;
    for (let c = 0; c < cols; c++) largest = Math.max(largest, data[from + c] ?? 0);
    let total = 0;
    for (let c = 0; c < cols; c++) {
      const value = Math.exp((data[from + c] ?? 0) - largest);
      result[from + c] = value;
      total += value;
    }
    for (let c = 0; c < cols; c++) result[from + c] = (result[from + c] ?? 0) / total;
  }
  return result;
}

interface Differentiable {
  value(x: number): number;
  /** By x, given y = value(x). */
  slope(x: number, y: number): number;
}

const functions: Readonly<Record<Elementwise, Differentiable>> = {
  relu: { value: (x) => Math.max(x, 0), slope: (x) => (x > 0 ? 1 : 0) },
  "leaky-relu": { value: (x) => (x > 0 ? x : leak * x), slope: (x) => (x > 0 ? 1 : leak) },
  sigmoid: { value: (x) => 1 / (1 + Math.exp(-x)), slope: (_, y) => y * (1 - y) },
  tanh: { value: Math.tanh, slope: (_, y) => 1 - y * y },
  softplus: {
    value: (x) => Math.max(x, 0) + Math.log1p(Math.exp(-Math.abs(x))),
    slope: (x) => 1 / (1 + Math.exp(-x)),
  },
  exp: { value: Math.exp, slope: (_, y) => y },
  log: { value: Math.log, slope: (x) => 1 / x },
  square: { value: (x) => x * x, slope: (x) => 2 * x },
  reciprocal: { value: (x) => 1 / x, slope: (_, y) => -y * y },
  "log-abs": { value: (x) => Math.log(Math.abs(x)), slope: (x) => 1 / x },
};

function copyColumns(
  into: Float64Array,
  intoFrom: number,
  intoCols: number,
  from: Float64Array,
  fromFrom: number,
  fromCols: number,
  rows: number,
  count: number,
): void {
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < count; c++) {
      into[row * intoCols + intoFrom + c] = from[row * fromCols + fromFrom + c] ?? 0;
    }
  }
}

function addColumns(
  into: Float64Array,
  intoFrom: number,
  intoCols: number,
  from: Float64Array,
  fromFrom: number,
  fromCols: number,
  rows: number,
  count: number = fromCols,
): void {
  for (let row = 0; row < rows; row++) {
    for (let c = 0; c < count; c++) {
      const at = row * intoCols + intoFrom + c;
      into[at] = (into[at] ?? 0) + (from[row * fromCols + fromFrom + c] ?? 0);
    }
  }
}

/** For each place of the unfolded rows the row it is taken from; -1 for padding. */
function unfoldedPlaces({ rows }: Tensor, length: number, width: number, padding: number): Int32Array {
  const sequences = rows / length;
  const outLength = length + 2 * padding - width + 1;
  const places = new Int32Array(sequences * outLength * width).fill(-1);
  for (let s = 0; s < sequences; s++) {
    for (let t = 0; t < outLength; t++) {
      for (let k = 0; k < width; k++) {
        const step = t + k - padding;
        if (step >= 0 && step < length) places[(s * outLength + t) * width + k] = s * length + step;
      }
    }
  }
  return places;
}

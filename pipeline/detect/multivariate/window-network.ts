import type { Tensor } from "../../learn/tape.ts";
import type { Random } from "../../learn/xoshiro.ts";

/** How far each window of metrics is from normal; one entry, or one row, for each window. */
export interface WindowScores {
  /** Of the window as a whole; higher is worse. */
  readonly whole: Float64Array;
  /** Of each metric at the last sample, row after row. */
  readonly columns: Float64Array;
  /** A metric's score below this is what an earlier sample of the window has left of itself. */
  readonly echo: Float64Array;
  /** What each metric was expected to be at the last sample, scaled as the window is. */
  readonly expected: Float64Array;
}

/** A network that is shown windows: `length` samples of `columns` metrics, sample after sample in one row. */
export interface WindowNetwork {
  readonly length: number;
  /** Fewer normal windows teach too little; with fewer metrics there is nothing to see together. */
  readonly fewestWindows: number;
  readonly fewestColumns: number;
  readonly batch: number;
  /** In an epoch, which goes over few windows several times. */
  fewestBatches(epoch: number): number;
  readonly epochs: number;
  readonly patience: number;
  create(columns: number, random: Random): Tensor[];
  /** One training of `parameters`. */
  school(
    parameters: readonly Tensor[],
    columns: number,
    random: Random,
  ): {
    /** Mean loss of an epoch over these batches. */
    trainEpoch(batches: readonly Tensor[], epoch: number): number;
    validate(windows: Tensor, epoch: number): number;
  };
  score(parameters: readonly Tensor[], windows: Tensor, columns: number): WindowScores;
}

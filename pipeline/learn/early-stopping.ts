import type { Tensor } from "./tape.ts";

export interface Schooling {
  readonly epochs: number;
  /** The validation loss is looked at after every so many epochs, and after the last. */
  readonly checkEvery: number;
  /** So many looks in a row without a lower loss end it. */
  readonly patience: number;
}

/** How the training of one network went. */
export interface Schooled {
  readonly epochs: number;
  /** The lowest validation loss, which the weights are of. */
  readonly loss: number;
}

/**
 * Trains until the validation loss falls no more, and leaves the weights of its lowest point.
 *
 * Shape:  null where no look gave a finite loss: the weights are then those it began with.
 */
export function trainUntilBest(
  parameters: readonly Tensor[],
  { epochs, checkEvery, patience }: Schooling,
  trainEpoch: (epoch: number) => number,
  validate: (epoch: number) => number,
  onEpoch: (epoch: number, loss: number) => void,
): Schooled | null {
  let best = parameters.map(({ data }) => data.slice());
  let least = Number.POSITIVE_INFINITY;
  let worse = 0;
  let epoch = 0;
  while (epoch < epochs && worse < patience) {
    epoch++;
    const loss = trainEpoch(epoch);
    onEpoch(epoch, loss);
    // Numbers that have overflowed do not come back.
    if (!Number.isFinite(loss)) break;
    if (epoch % checkEvery !== 0 && epoch !== epochs) continue;
    const validation = validate(epoch);
    worse = validation < least ? 0 : worse + 1;
    if (!(validation < least)) continue;
    least = validation;
    best = parameters.map(({ data }) => data.slice());
  }
  parameters.forEach(({ data }, index) => {
    data.set(best[index] ?? data);
  });
  return least === Number.POSITIVE_INFINITY ? null : { epochs: epoch, loss: least };
}

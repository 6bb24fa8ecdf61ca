/** Mean over the classes that occur in `truth` of the harmonic mean of precision and recall. */
export function macroF1(truth: readonly number[], named: readonly number[]): number {
  const classes = [...new Set(truth)];
  const scores = classes.map((one) => {
    let [right, called, there] = [0, 0, 0];
    truth.forEach((label, index) => {
      if (label === one) there++;
      if (named[index] === one) called++;
      if (label === one && named[index] === one) right++;
    });
    return right === 0 ? 0 : (2 * right) / (called + there);
  });
  return scores.reduce((sum, score) => sum + score, 0) / classes.length;
}

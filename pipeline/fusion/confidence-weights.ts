/** Fitted on 240 answers by `npm run bench -- --calibrate`; not changed by hand. */
export const confidenceWeights = {
  constant: -2.72,
  strength: 3.21,
  lead: 3.45,
  agreement: 0.42,
  seen: 0.83,
  length: 0.3,
  ceiling: 0.99,
};

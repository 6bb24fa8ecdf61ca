/** Fitted on 860 answers by `npm run bench -- --calibrate`; not changed by hand. */
export const confidenceWeights = {
  constant: -2.94,
  strength: 3.2,
  lead: 3.43,
  agreement: 0.43,
  seen: 0.82,
  length: 0.3,
  ceiling: 0.99,
};

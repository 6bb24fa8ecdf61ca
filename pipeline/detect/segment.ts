import { mean } from "../statistics/moments.ts";

const segmentSamples = 30;
const samplesBefore = 10;
/** Of a long event's segment, this share comes before it: as much as 10 of 30 samples. */
const shareBefore = samplesBefore / segmentSamples;
const samplesAfter = 5;

/**
 * The 30 samples around an event that its pattern is read from: ten before it, so that what was normal
 * shows, and what followed. Fewer where the timeline is shorter. Longer events are averaged down to 30
 * with as much more before them, so that a third of the segment still shows what was normal.
 *
 * `start` and `end` are positions of the first and last abnormal sample.
 */
export function segmentAround(timeline: readonly number[], start: number, end: number): number[] {
  const stop = Math.min(timeline.length, end + samplesAfter + 1);
  const long = Math.round(((stop - start) * shareBefore) / (1 - shareBefore));
  const wanted = Math.max(0, start - Math.max(samplesBefore, stop - start > segmentSamples ? long : 0));
  if (stop - wanted > segmentSamples) return averagedTo(timeline.slice(wanted, stop), segmentSamples);
  const to = Math.min(timeline.length, wanted + segmentSamples);
  return timeline.slice(Math.max(0, to - segmentSamples), to);
}

/** Area average: sample i of the result is the mean of the stretch of time that it stands for. */
function averagedTo(values: readonly number[], length: number): number[] {
  return Array.from({ length }, (_, index) => {
    const from = Math.floor((index * values.length) / length);
    const to = Math.max(from + 1, Math.ceil(((index + 1) * values.length) / length));
    return mean(values.slice(from, to));
  });
}

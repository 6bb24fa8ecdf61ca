/**
 * The words of all descriptions, as data: features that stand for themselves and are put together to
 * sentences (paper, III-B3). `{name}` is filled in; an unknown name is left standing, so that a test
 * finds it. The first sentences of metrics, structural anomalies and timeouts are the paper's.
 */

export type Features = Readonly<Record<string, string>>;

/** Puts the features into a template. What is filled in is never looked at again. */
export function fill(template: string, features: Features): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => features[name] ?? whole);
}

export const metricTemplates = {
  pattern:
    "The {metric} metric for the service {service} is abnormal, displaying an anomaly pattern characterized by {pattern}.",
  noPattern: "The {metric} metric for the service {service} is abnormal.",
  bounds: "This anomaly began on {start} and ended at {end}",
  magnitudeUp: "reaching a peak of {peak}",
  magnitudeDown: "reaching a low of {peak}",
  changeUp: "which is an increase from the previous value of {previous}.",
  changeDown: "which is a decrease from the previous value of {previous}.",
  unchanged: "which equals the previous value.",
  score: "The anomaly score is {score}.",
  scoreClipped: "The anomaly score is more than {score}.",
  relativeUp: "That is {change} % more than before.",
  relativeDown: "That is {change} % less than before.",
  normal: "Normal is {mean} ± {std}{unit}.",
  where: "It was measured on the instance {instance}.",
  chosen: "It was judged by {detector}, since {since}.",
  zone: "Times are {zone}.",
} as const;

/** What a pattern is called inside the sentence. */
export const patternWords = {
  "level shift up": "a level shift up",
  "level shift down": "a level shift down",
  "steady increase": "a steady increase",
  "steady decrease": "a steady decrease",
  "single spike": "a single spike",
  "single dip": "a single dip",
  "transient level shift up": "a transient level shift up",
  "transient level shift down": "a transient level shift down",
  "multiple spikes": "multiple spikes",
  "multiple dips": "multiple dips",
  fluctuations: "fluctuations",
} as const;

export const traceTemplates = {
  structural:
    "There is a structural anomaly in the trace. The trace ID is {traceId}, with the trace call starting at {start} and ending at {end}.",
  structuralGroup:
    "There is the same structural anomaly in {count} traces. The first trace ID is {traceId}, with its trace call starting at {start}; the last of them ended at {end}.",
  timeout:
    "The trace call with trace ID {traceId} timed out. It started at {start} and ended at {end}{path}.",
  timeoutGroup:
    "{count} trace calls timed out. The first has trace ID {traceId} and started at {start}; the last of them ended at {end}{path}.",
  error: "The trace call with trace ID {traceId} failed. It started at {start} and ended at {end}{path}.",
  errorGroup:
    "{count} trace calls failed. The first has trace ID {traceId} and started at {start}; the last of them ended at {end}{path}.",
  incomplete:
    "The trace with trace ID {traceId} is incomplete: spans above {service} are missing. It started at {start} and ended at {end}.",
  incompleteGroup:
    "{count} traces are incomplete: spans above {service} are missing. The first has trace ID {traceId} and started at {start}; the last of them ended at {end}.",
  unclassified:
    "The trace call with trace ID {traceId} is unusual as a whole, though it broke no single limit. It started at {start} and ended at {end}{path}.",
  unclassifiedGroup:
    "{count} trace calls are unusual as a whole, though they broke no single limit. The first has trace ID {traceId} and started at {start}; the last of them ended at {end}{path}.",
  strangest: "What is least expected is the time of {service}.",
  path: ", following the call path: {path}",
  broken: "It broke off in {service}: the calls {removed} are missing.",
  added: "The calls {added} are new.",
  callPath: "The call path is {path}.",
  deepest: "The deepest failing call is in {service}.",
  slowOne: "One service exhibited an anomaly:",
  slowSeveral: "Several services exhibited anomalies:",
  slowNode: "- {service}: Call time was {duration} ms, exceeding the normal upper limit by {excess} ms.",
  suspect: "The deepest service that is slow by itself is {service}.",
  zone: "Times are {zone}.",
} as const;

export const logTemplates = {
  new: 'New lines in the logs of {service}: {count} times "{template}"{bounds}, never in the reference period.',
  vanished: 'Lines vanished from the logs of {service}: "{template}", expected about {expected} times.',
  more: 'More lines in the logs of {service}: {count} times "{template}"{bounds}, expected about {expected}.',
  fewer:
    'Fewer lines in the logs of {service}: {count} times "{template}"{bounds}, expected about {expected}.',
  "broken-sequence":
    'In the service {service}, "{template}" was {count} times not followed by "{next}"{bounds}, which normally always comes; expected about {expected} times.',
  bounds: ", from {start} to {end}",
  level: "The level is {level}.",
  callee: "The last call before the break was to {callee}.",
  example: 'Example: "{example}"',
  zone: "Times are {zone}.",
} as const;

export const summaryTemplates = {
  metric: "{count} abnormal {metrics} ({names}{more})",
  structural: "{count} {traces} with another structure",
  timeout: "{count} slow {traces}",
  error: "{count} failed {traces}",
  incomplete: "{count} incomplete {traces}",
  unclassified: "{count} unusual {traces}",
  log: "{count} unusual log {patterns}",
  line: "{service}: {features}, first at {first} ({zone}).",
} as const;

/**
 * The words of all descriptions, as data: atomic features that are put together to sentences, freely (paper,
 * III-B3). Who adds a sentence adds a line here, and who adds a feature a line where the features of its kind
 * are read (metric.ts, trace.ts, log.ts). The first sentences of metrics, structural anomalies and timeouts at
 * the usual level are the paper's.
 */

/** What can be said of an anomaly, by name; null where it does not have it. */
export type Features = Readonly<Record<string, string | null>>;

/** Ways to say one thing, the best first. The first whose features are all there is said, or else nothing. */
type Alternatives = readonly string[];

/** `short` is one line, `usual` what answers and prompts say, `full` all that is known. */
export type Level = "short" | "usual" | "full";

/** The sentences of a kind of anomaly at each level, in order. */
export type Recipe = Readonly<Record<Level, readonly Alternatives[]>>;

/** Puts the features into a template; `{name}` stands for one. What is filled in is never looked at again. */
export function fill(template: string, features: Features): string {
  return template.replace(/\{(\w+)\}/g, (whole, name: string) => features[name] ?? whole);
}

/** The first of the ways for which there are all features; null where there is none. */
function firstFilled(ways: Alternatives, features: Features): string | null {
  const known = ways.find((template) =>
    [...template.matchAll(/\{(\w+)\}/g)].every(([, name = ""]) => (features[name] ?? null) !== null),
  );
  return known === undefined ? null : fill(known, features);
}

/** The sentences that can be said, one after another; one that ends with a line break ends its line. */
export function compose(sentences: readonly Alternatives[], features: Features): string {
  return sentences
    .flatMap((ways) => firstFilled(ways, features) ?? [])
    .join(" ")
    .replace(/ ?\n ?/g, "\n")
    .trim();
}

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

/** The features with parts of sentences that are made of them. */
export function withParts(features: Features, parts: Readonly<Record<string, Alternatives>>): Features {
  const made = Object.entries(parts).map(([part, ways]) => [part, firstFilled(ways, features)]);
  return { ...features, ...Object.fromEntries(made) };
}

/** Parts of sentences that hang on how a metric went. */
export const metricParts: Readonly<Record<string, Alternatives>> = {
  magnitude: ["reaching a peak of {highest}", "reaching a low of {lowest}"],
  change: [
    "which is an increase from the previous value of {risenFrom}",
    "which is a decrease from the previous value of {fallenFrom}",
    "which equals the previous value",
  ],
  way: ["up to {highest}", "down to {lowest}"],
  when: ["from {startTime} to {endTime}", "at {startTime}"],
};

const metricSentences: readonly Alternatives[] = [
  [
    "The {metric} metric for the service {service} is abnormal, displaying an anomaly pattern characterized by {pattern}.",
    "The {metric} metric for the service {service} is abnormal.",
  ],
  ["This anomaly began on {start} and ended at {end}, {magnitude}, {change}."],
  ["The anomaly score is {score}.", "The anomaly score is more than {scoreBound}."],
  ["That is {percentMore} % more than before.", "That is {percentLess} % less than before."],
  ["Normal is {mean} ± {std}{unit}."],
  ["It was measured on the instance {instance}."],
  ["It was judged by {detector}, since {since}."],
];
const zone: Alternatives = ["Times are {zone}."];

export const metricRecipe: Recipe = {
  short: [
    [
      "{metric} went {way}{unit}, {pattern}, {when}; normal is {mean}.",
      "{metric} went {way}{unit}, {when}; normal is {mean}.",
    ],
  ],
  usual: [...metricSentences, zone],
  full: [
    ...metricSentences,
    ["It lasted {duration}, and lies {distance} standard deviations from normal."],
    ["The detector is {detector}."],
    ["The samples around it are {samples}."],
    zone,
  ],
};

/** Where several traces have the same anomaly, the first of them stands for all. */
const traceBounds = "starting at {start} and ending at {end}";
const firstOfGroup =
  "The first has trace ID {traceId} and started at {start}; the last of them ended at {end}";
const oneOfItsKind = "It started at {start} and ended at {end}";

export const traceParts: Readonly<Record<string, Alternatives>> = {
  following: [", following the call path: {path}", ""],
  heading: ["One service exhibited an anomaly:\n{onlySlow}", "Several services exhibited anomalies:\n{slow}"],
  traces: ["{groupCount} traces", "one trace"],
  difference: ["without {firstRemoved}", "with {firstAdded}", "of {service}"],
  worst: [
    "{worstService} took {worstDuration} ms, {worstExcess} ms over its limit",
    "the whole of {service}",
  ],
};

export const slowNodeTemplate = {
  usual: "- {service}: Call time was {duration} ms, exceeding the normal upper limit by {excess} ms.",
  full: "- {service}, {operation}: Call time was {duration} ms, exceeding the normal upper limit of {limit} ms by {excess} ms.",
} as const;

const differences: readonly Alternatives[] = [
  ["It broke off in {service}: the calls {removed} are missing."],
  ["The calls {added} are new."],
];
const traceIds: Alternatives = ["Traces with it are {traceIds}."];
const onInstance: Alternatives = ["It was seen on the instance {instance}."];
const callPath: Alternatives = ["The call path is {path}."];

/** The recipe whose full level only adds to the usual one what every trace has. */
function traceRecipe(
  short: string,
  sentences: readonly Alternatives[],
  more: readonly Alternatives[] = [],
): Recipe {
  return {
    short: [[short]],
    usual: [...sentences, zone],
    full: [...sentences, ...more, onInstance, traceIds, zone],
  };
}

export const traceRecipes = {
  structural: traceRecipe("{traces} with another structure, from {startTime}, {difference}.", [
    [
      "There is the same structural anomaly in {groupCount} traces. The first trace ID is {traceId}, with its trace call starting at {start}; the last of them ended at {end}.",
      `There is a structural anomaly in the trace. The trace ID is {traceId}, with the trace call ${traceBounds}.`,
    ],
    ...differences,
    callPath,
  ]),
  timeout: traceRecipe("{traces} timed out, from {startTime}: {worst}.", [
    [
      `{groupCount} trace calls timed out. ${firstOfGroup}{following}.`,
      `The trace call with trace ID {traceId} timed out. ${oneOfItsKind}{following}.`,
    ],
    ["{heading}\n"],
    ["The deepest service that is slow by itself is {suspect}."],
  ]),
  error: traceRecipe(
    "{traces} failed, from {startTime}: the deepest failing call is in {service}.",
    [
      [
        `{groupCount} trace calls failed. ${firstOfGroup}{following}.`,
        `The trace call with trace ID {traceId} failed. ${oneOfItsKind}{following}.`,
      ],
      ["The deepest failing call is in {service}."],
    ],
    differences,
  ),
  unclassified: traceRecipe("{traces} unusual as a whole, from {startTime}.", [
    [
      `{groupCount} trace calls are unusual as a whole, though they broke no single limit. ${firstOfGroup}{following}.`,
      `The trace call with trace ID {traceId} is unusual as a whole, though it broke no single limit. ${oneOfItsKind}{following}.`,
    ],
    ["What is least expected is the time of {service}."],
  ]),
  incomplete: traceRecipe("{traces} incomplete, from {startTime}: spans above {service} are missing.", [
    [
      `{groupCount} traces are incomplete: spans above {service} are missing. ${firstOfGroup}.`,
      `The trace with trace ID {traceId} is incomplete: spans above {service} are missing. ${oneOfItsKind}.`,
    ],
  ]),
} as const;

function logRecipe(short: string, sentence: string, last: readonly Alternatives[]): Recipe {
  const sentences: readonly Alternatives[] = [
    [sentence],
    ["The level is {level}."],
    ["The last call before the break was to {callee}."],
    ['Example: "{example}"'],
    ["Lines of its logs that changed less are not told: {leftOut} more templates."],
  ];
  return {
    short: [[short]],
    usual: [...sentences, ...last],
    full: [
      ...sentences,
      ['Another example: "{otherExample}"'],
      ["It was seen on the instance {instance}."],
      ["Normal lines just before it: {context}"],
      ...last,
    ],
  };
}

export const logRecipes = {
  new: logRecipe(
    'new in the logs, from {startTime}: {count} times "{template}".',
    'New lines in the logs of {service}: {count} times "{template}", from {start} to {end}, never in the reference period.',
    [zone],
  ),
  vanished: logRecipe(
    'gone from the logs: "{template}", expected about {expected} times.',
    'Lines vanished from the logs of {service}: "{template}", expected about {expected} times.',
    [],
  ),
  more: logRecipe(
    'more in the logs, from {startTime}: {count} times "{template}", expected about {expected}.',
    'More lines in the logs of {service}: {count} times "{template}", from {start} to {end}, expected about {expected}.',
    [zone],
  ),
  fewer: logRecipe(
    'fewer in the logs, from {startTime}: {count} times "{template}", expected about {expected}.',
    'Fewer lines in the logs of {service}: {count} times "{template}", from {start} to {end}, expected about {expected}.',
    [zone],
  ),
  "broken-sequence": logRecipe(
    '"{template}" was {count} times not followed by "{next}", from {startTime}.',
    'In the service {service}, "{template}" was {count} times not followed by "{next}", from {start} to {end}, which normally always comes; expected about {expected} times.',
    [zone],
  ),
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

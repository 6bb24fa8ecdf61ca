const noLogs =
  "The truth is a pair of log statements, and the set has no logs of this system; the calls around the region are named instead.";

/** Of the testbed's campaign: the same for every case of a fault type, by fault type and level. */
const wayBetween =
  "The way between the two is named as the callee's NetworkP90(ms), derived from spans; the label names the caller's own metric of it.";
const wrongValues =
  "Nothing fails and nothing is slow: values are not in the telemetry. What shows, if anything, is the caller that breaks off or asks for less.";
const errorsOfTheStore =
  "The code that broke, or what the store lost, is named before the error replies that the label asks for.";

const brokenOffAbove =
  "What breaks off in the service that waits for the slow store is named before the store's own ping.";

export const typeNotes: Readonly<Record<string, string>> = {
  "wrong-value service": wrongValues,
  "network-delay metric": wayBetween,
  "packet-loss metric": wayBetween,
  "slow-dependency metric": brokenOffAbove,
  "access-denied metric": errorsOfTheStore,
  "store-full metric": errorsOfTheStore,
  "bad-instance metric":
    "The region of code that breaks is named first, the instance's errors second; the label asks for the errors.",
  "exception metric":
    "The region is named by what was to follow next, a call or another handler's statement, where the label names the first and the last statement of one handler.",
  "cpu-hog metric":
    "The label's CPU rises by few points of percent, on a machine whose event loops were all late; a late event loop is named first.",
  "memory-leak service":
    "The event loops of other services, which share the machine, are as far out at the same time.",
};

/** Why a case is missed, in a line, by case and level. Written by hand after looking into each. */
export const missNotes: Readonly<Record<string, string>> = {
  "ob-20220822T040207 metric": noLogs,
  "ob-20220822T041835 metric": noLogs,
  "ob-20220822T050950 metric": noLogs,
  "ob-20220823T121021 metric": noLogs,
  "ob-20220823T122723 metric": noLogs,
  "ob-20220823T131036 metric": noLogs,
  "ob-20220823T150428 metric": noLogs,
};

const separator = /^[\s\-=_*#~+.:|<>\\/]*$/;
const stackFrame = /^\s*(at\s+[\w$.<>/[\]]+\(|\.\.\. \d+ (more|common frames)|File ".*", line \d+)/;
const probe =
  /\b(?:GET|HEAD)\s+\S*\/(?:healthz?|health[-_]?check|livez?|liveness|readyz?|readiness|ping|metrics|actuator\/\w+)(?=[\s?"'/]|$)/i;
const probeAgent = /kube-probe\/|Prometheus\/\d|ELB-HealthChecker|GoogleHC\//;
const failure = /\b(5\d\d|error|fail(ed|ure)?|refused|timed? ?out|unhealthy|exception)\b/i;

/**
 * Whether a line tells nothing: blank, a separator or banner rule, a frame of a stack trace (its
 * exception's own line stays), or a successful health check or scrape, whose number follows the prober
 * and not the load.
 */
export function isIrrelevant(body: string): boolean {
  if (separator.test(body) || stackFrame.test(body)) return true;
  return (probe.test(body) || probeAgent.test(body)) && !failure.test(body);
}

import { MetricEntry, type presetNames } from "./options.ts";

type Preset = (typeof presetNames)[number];

const entries = (list: readonly Omit<Parameters<typeof MetricEntry.parse>[0] & object, never>[]) =>
  list.map((entry) => MetricEntry.parse(entry));

/** Requests, errors and durations of one histogram. */
function red(
  base: string,
  { requests, failing, unit = "s", words = "request" }: Record<string, string> & { failing: string },
) {
  const total = requests ?? `${base}_count`;
  return [
    { name: `${words} errors`, metric: total, kind: "share", failing, unit: "%", class: "symptom" },
    { name: `${words} latency p95`, metric: `${base}_bucket`, kind: "histogram", unit, class: "symptom" },
    { name: `${words}s per second`, metric: total, kind: "counter", unit: "1/s", class: "workload" },
  ];
}

/** cAdvisor under Kubernetes: the pause container and the sums over a pod would count twice. */
const inPod = { subject: "pod", where: 'container!="",container!="POD"' };
/** cAdvisor beside Docker, without Kubernetes; the empty name is the machine. */
const inDocker = { subject: "pod", where: 'pod="",name!=""' };

const cadvisor = (where: object) => [
  { name: "cpu", metric: "container_cpu_usage_seconds_total", kind: "counter", unit: "cores", ...where },
  {
    name: "cpu throttled",
    metric: "container_cpu_cfs_throttled_seconds_total",
    kind: "counter",
    unit: "s/s",
    ...where,
  },
  {
    name: "memory working set",
    metric: "container_memory_working_set_bytes",
    kind: "gauge",
    unit: "bytes",
    ...where,
  },
  { name: "memory rss", metric: "container_memory_rss", kind: "gauge", unit: "bytes", ...where },
  { name: "oom kills", metric: "container_oom_events_total", kind: "counter", unit: "1/s", ...where },
  { name: "disk read", metric: "container_fs_reads_bytes_total", kind: "counter", unit: "bytes/s", ...where },
  {
    name: "disk write",
    metric: "container_fs_writes_bytes_total",
    kind: "counter",
    unit: "bytes/s",
    ...where,
  },
  { name: "threads", metric: "container_threads", kind: "gauge", unit: null, ...where },
];

const networkOf = (where: object) => [
  {
    name: "network received",
    metric: "container_network_receive_bytes_total",
    kind: "counter",
    unit: "bytes/s",
    ...where,
  },
  {
    name: "network sent",
    metric: "container_network_transmit_bytes_total",
    kind: "counter",
    unit: "bytes/s",
    ...where,
  },
  {
    name: "network receive errors",
    metric: "container_network_receive_errors_total",
    kind: "counter",
    unit: "1/s",
    ...where,
  },
  {
    name: "network packets dropped",
    metric: "container_network_receive_packets_dropped_total",
    kind: "counter",
    unit: "1/s",
    ...where,
  },
];

/** OpenTelemetry's names, of the semantic conventions since 1.23 and before, and of the collector's span metrics. */
const opentelemetry = [
  ...red("http_server_request_duration_seconds", { failing: 'http_response_status_code=~"5.."' }),
  ...red("http_server_duration_milliseconds", { failing: 'http_status_code=~"5.."', unit: "ms" }),
  ...red("rpc_server_call_duration_seconds", { failing: 'rpc_response_status_code!~"0|OK"', words: "rpc" }),
  ...red("rpc_server_duration_milliseconds", {
    failing: 'rpc_grpc_status_code!~"0|"',
    unit: "ms",
    words: "rpc",
  }),
  ...red("http_client_request_duration_seconds", {
    failing: 'http_response_status_code=~"5.."',
    words: "outgoing request",
  }),
  ...red("db_client_operation_duration_seconds", { failing: 'error_type!=""', words: "database call" }),
  ...red("traces_span_metrics_duration_milliseconds", {
    requests: "traces_span_metrics_calls_total",
    failing: 'status_code="STATUS_CODE_ERROR"',
    unit: "ms",
    words: "span",
  }),
  ...red("traces_spanmetrics_latency", {
    requests: "traces_spanmetrics_calls_total",
    failing: 'status_code="STATUS_CODE_ERROR"',
    words: "span",
  }),
  { name: "process cpu", metric: "process_cpu_time_seconds_total", kind: "counter", unit: "cores" },
  { name: "process memory", metric: "process_memory_usage_bytes", kind: "gauge", unit: "bytes" },
];

/** What client libraries and proxies export without OpenTelemetry. */
const http = [
  ...red("http_request_duration_seconds", { failing: 'code=~"5.."' }),
  {
    name: "request errors",
    metric: "http_requests_total",
    kind: "share",
    failing: 'code=~"5.."',
    unit: "%",
    class: "symptom",
  },
  {
    name: "request errors by status",
    metric: "http_requests_total",
    kind: "share",
    failing: 'status=~"5.."',
    unit: "%",
    class: "symptom",
  },
  {
    name: "requests per second",
    metric: "http_requests_total",
    kind: "counter",
    unit: "1/s",
    class: "workload",
  },
  ...red("grpc_server_handling_seconds", {
    requests: "grpc_server_handled_total",
    failing: 'grpc_code!="OK"',
    words: "rpc",
  }),
  { name: "process cpu", metric: "process_cpu_seconds_total", kind: "counter", unit: "cores" },
  { name: "process memory", metric: "process_resident_memory_bytes", kind: "gauge", unit: "bytes" },
  { name: "open files", metric: "process_open_fds", kind: "gauge" },
  { name: "goroutines", metric: "go_goroutines", kind: "gauge" },
  {
    name: "event loop lag",
    metric: "nodejs_eventloop_lag_seconds",
    kind: "gauge",
    unit: "s",
    aggregate: "max",
  },
  { name: "up", metric: "up", kind: "gauge", aggregate: "min" },
];

const kubernetes = [
  ...cadvisor(inPod),
  ...networkOf({ subject: "pod", where: 'pod!=""' }),
  { name: "restarts", metric: "kube_pod_container_status_restarts_total", kind: "gauge", subject: "pod" },
  {
    name: "pod ready",
    metric: "kube_pod_status_ready",
    kind: "gauge",
    where: 'condition="true"',
    subject: "pod",
  },
  { name: "containers waiting", metric: "kube_pod_container_status_waiting", kind: "gauge", subject: "pod" },
];

const docker = [...cadvisor(inDocker), ...networkOf(inDocker)];

const node = [
  {
    name: "node cpu busy",
    metric: "node_cpu_seconds_total",
    kind: "counter",
    where: 'mode!~"idle|iowait"',
    unit: "cores",
  },
  {
    name: "node iowait",
    metric: "node_cpu_seconds_total",
    kind: "counter",
    where: 'mode="iowait"',
    unit: "cores",
  },
  { name: "node load", metric: "node_load1", kind: "gauge" },
  { name: "node memory available", metric: "node_memory_MemAvailable_bytes", kind: "gauge", unit: "bytes" },
  {
    name: "node disk busy",
    metric: "node_disk_io_time_seconds_total",
    kind: "counter",
    unit: "s/s",
    aggregate: "max",
  },
  {
    name: "node disk free",
    metric: "node_filesystem_avail_bytes",
    kind: "gauge",
    unit: "bytes",
    aggregate: "min",
    where: 'fstype!~"tmpfs|overlay|squashfs"',
  },
  {
    name: "node network received",
    metric: "node_network_receive_bytes_total",
    kind: "counter",
    unit: "bytes/s",
    where: 'device!="lo"',
  },
  { name: "node network drops", metric: "node_network_receive_drop_total", kind: "counter", unit: "1/s" },
  { name: "tcp retransmits", metric: "node_netstat_Tcp_RetransSegs", kind: "counter", unit: "1/s" },
];

const jvm = [
  { name: "heap used", metric: "jvm_memory_used_bytes", kind: "gauge", where: 'area="heap"', unit: "bytes" },
  { name: "heap used", metric: "jvm_memory_bytes_used", kind: "gauge", where: 'area="heap"', unit: "bytes" },
  { name: "gc pause", metric: "jvm_gc_pause_seconds_sum", kind: "counter", unit: "s/s" },
  { name: "gc time", metric: "jvm_gc_duration_seconds_sum", kind: "counter", unit: "s/s" },
  { name: "gc time", metric: "jvm_gc_collection_seconds_sum", kind: "counter", unit: "s/s" },
  { name: "jvm threads", metric: "jvm_threads_live_threads", kind: "gauge" },
  { name: "jvm threads", metric: "jvm_thread_count", kind: "gauge" },
  { name: "connection pool waiting", metric: "hikaricp_connections_pending", kind: "gauge" },
];

const redis = [
  {
    name: "redis commands per second",
    metric: "redis_commands_processed_total",
    kind: "counter",
    unit: "1/s",
    class: "workload",
  },
  { name: "redis memory", metric: "redis_memory_used_bytes", kind: "gauge", unit: "bytes" },
  { name: "redis clients", metric: "redis_connected_clients", kind: "gauge" },
  { name: "redis blocked clients", metric: "redis_blocked_clients", kind: "gauge" },
  { name: "redis evictions", metric: "redis_evicted_keys_total", kind: "counter", unit: "1/s" },
  { name: "redis misses", metric: "redis_keyspace_misses_total", kind: "counter", unit: "1/s" },
  {
    name: "redis rejected connections",
    metric: "redis_rejected_connections_total",
    kind: "counter",
    unit: "1/s",
  },
  { name: "redis up", metric: "redis_up", kind: "gauge", aggregate: "min" },
];

const mongodb = [
  {
    name: "mongodb operations per second",
    metric: "mongodb_op_counters_total",
    kind: "counter",
    unit: "1/s",
    class: "workload",
  },
  {
    name: "mongodb operations per second",
    metric: "mongodb_ss_opcounters",
    kind: "counter",
    unit: "1/s",
    class: "workload",
  },
  { name: "mongodb connections", metric: "mongodb_connections", kind: "gauge", where: 'state="current"' },
  {
    name: "mongodb connections",
    metric: "mongodb_ss_connections",
    kind: "gauge",
    where: 'conn_type="current"',
  },
  { name: "mongodb operation time", metric: "mongodb_ss_opLatencies_latency", kind: "counter", unit: "us/s" },
  { name: "mongodb queued operations", metric: "mongodb_ss_globalLock_currentQueue", kind: "gauge" },
  { name: "mongodb page faults", metric: "mongodb_ss_extra_info_page_faults", kind: "counter", unit: "1/s" },
  { name: "mongodb assertions", metric: "mongodb_ss_asserts", kind: "counter", unit: "1/s" },
  { name: "mongodb up", metric: "mongodb_up", kind: "gauge", aggregate: "min" },
];

const postgresql = [
  { name: "postgresql connections", metric: "pg_stat_activity_count", kind: "gauge" },
  {
    name: "postgresql commits",
    metric: "pg_stat_database_xact_commit",
    kind: "counter",
    unit: "1/s",
    class: "workload",
  },
  { name: "postgresql rollbacks", metric: "pg_stat_database_xact_rollback", kind: "counter", unit: "1/s" },
  { name: "postgresql deadlocks", metric: "pg_stat_database_deadlocks", kind: "counter", unit: "1/s" },
  { name: "postgresql locks", metric: "pg_locks_count", kind: "gauge" },
  { name: "postgresql blocks read", metric: "pg_stat_database_blks_read", kind: "counter", unit: "1/s" },
  {
    name: "postgresql longest transaction",
    metric: "pg_stat_activity_max_tx_duration",
    kind: "gauge",
    unit: "s",
    aggregate: "max",
  },
  {
    name: "postgresql replication lag",
    metric: "pg_replication_lag_seconds",
    kind: "gauge",
    unit: "s",
    aggregate: "max",
  },
  // Its name by the example queries that older versions came with.
  {
    name: "postgresql replication lag",
    metric: "pg_replication_lag",
    kind: "gauge",
    unit: "s",
    aggregate: "max",
  },
  { name: "postgresql up", metric: "pg_up", kind: "gauge", aggregate: "min" },
];

/**
 * What is worth looking at, per exporter, most telling first. Of entries with one name, the first that has
 * a series of a service and instance gives it.
 */
export const presets: Readonly<Record<Preset, readonly MetricEntry[]>> = {
  opentelemetry: entries(opentelemetry),
  http: entries(http),
  kubernetes: entries(kubernetes),
  docker: entries(docker),
  node: entries(node),
  jvm: entries(jvm),
  redis: entries(redis),
  mongodb: entries(mongodb),
  postgresql: entries(postgresql),
};

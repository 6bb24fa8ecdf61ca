/** The collector that OpenTelemetry's own variable names; the only variable that the testbed reads. */
export function collectorEndpoint(): string | null {
  const endpoint = process.env.OTEL_EXPORTER_OTLP_ENDPOINT?.trim() ?? "";
  return endpoint === "" ? null : endpoint;
}

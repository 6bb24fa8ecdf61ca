import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import type { Meter } from "@opentelemetry/api";

const megabyte = 1024 * 1024;
const nanosPerMs = 1e6;

/** What a process uses and waits for, as its own runtime tells. */
export function observeProcess(meter: Meter): void {
  observeCpu(meter);
  meter
    .createObservableGauge("memory.rss", { unit: "MiB" })
    .addCallback((result) => result.observe(process.memoryUsage.rss() / megabyte));
  meter
    .createObservableGauge("heap.used", { unit: "MiB" })
    .addCallback((result) => result.observe(process.memoryUsage().heapUsed / megabyte));
  meter
    .createObservableGauge("open_handles", { unit: "handles" })
    .addCallback((result) => result.observe(process.getActiveResourcesInfo().length));
  observeEventLoop(meter);
  observeCollections(meter);
}

function observeCpu(meter: Meter): void {
  let usage = process.cpuUsage();
  let at = performance.now();
  meter.createObservableGauge("cpu.usage", { unit: "%" }).addCallback((result) => {
    const now = performance.now();
    const elapsedMs = now - at;
    // Two readers may ask at nearly the same time.
    if (elapsedMs < 100) return;
    const { user, system } = process.cpuUsage(usage);
    usage = process.cpuUsage();
    at = now;
    result.observe((100 * (user + system)) / 1000 / elapsedMs);
  });
}

function observeEventLoop(meter: Meter): void {
  const delay = monitorEventLoopDelay({ resolution: 50 });
  delay.enable();
  meter.createObservableGauge("event_loop.delay.p99", { unit: "ms" }).addCallback((result) => {
    if (delay.count === 0) return;
    result.observe(delay.percentile(99) / nanosPerMs);
    delay.reset();
  });
}

function observeCollections(meter: Meter): void {
  let totalMs = 0;
  let longestMs = 0;
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) {
      totalMs += duration;
      longestMs = Math.max(longestMs, duration);
    }
  }).observe({ entryTypes: ["gc"] });
  meter.createObservableCounter("gc.pause", { unit: "ms" }).addCallback((result) => result.observe(totalMs));
  meter.createObservableGauge("gc.pause.max", { unit: "ms" }).addCallback((result) => {
    result.observe(longestMs);
    longestMs = 0;
  });
}

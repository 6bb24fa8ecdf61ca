import { monitorEventLoopDelay, PerformanceObserver } from "node:perf_hooks";
import type { Meter } from "@opentelemetry/api";

const megabyte = 1024 * 1024;
const nanosPerMs = 1e6;
/** Two readers may ask at nearly the same time; the second would see next to nothing. */
const shortestStepMs = 100;

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
    if (elapsedMs < shortestStepMs) return;
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

/** As a share of time: a pause now and then is nothing, and a count of milliseconds makes much of it. */
function observeCollections(meter: Meter): void {
  let pausedMs = 0;
  let at = performance.now();
  new PerformanceObserver((list) => {
    for (const { duration } of list.getEntries()) pausedMs += duration;
  }).observe({ entryTypes: ["gc"] });
  meter.createObservableGauge("gc.time", { unit: "%" }).addCallback((result) => {
    const now = performance.now();
    if (now - at < shortestStepMs) return;
    result.observe((100 * pausedMs) / (now - at));
    pausedMs = 0;
    at = now;
  });
}

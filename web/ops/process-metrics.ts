/**
 * Which process metrics of prom-client are shown with Dagmar's own, under the names that Node dashboards use. Metrics with
 * misleading names or values (`nodejs_active_handles_total` is a gauge) or a high cost are left out.
 */
import { collectDefaultMetrics, type Registry } from "prom-client";

export const PROCESS_METRICS: readonly string[] = [
  "process_cpu_user_seconds_total",
  "process_cpu_system_seconds_total",
  "process_cpu_seconds_total",
  "process_start_time_seconds",
  "process_resident_memory_bytes",
  "process_virtual_memory_bytes",
  "process_heap_bytes",
  "process_open_fds",
  "process_max_fds",
  "nodejs_heap_size_total_bytes",
  "nodejs_heap_size_used_bytes",
  "nodejs_external_memory_bytes",
  "nodejs_gc_duration_seconds",
  "nodejs_version_info",
];

/**
 * prom-client samples the event loop's delay with a timer of its own, each 10 ms: that alone costs an idle process 1 % of
 * a core, and with a coarser one every percentile is at least the interval. So it samples once an hour, and is not shown.
 */
const DELAY_SAMPLING_MS = 3_600_000;

export function registerProcessMetrics(registry: Registry): void {
  const own = new Set(registry.getMetricsAsArray().map(({ name }) => name));
  collectDefaultMetrics({ register: registry, eventLoopMonitoringPrecision: DELAY_SAMPLING_MS });
  for (const { name } of registry.getMetricsAsArray()) {
    if (!own.has(name) && !PROCESS_METRICS.includes(name)) registry.removeSingleMetric(name);
  }
}

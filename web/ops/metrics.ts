/**
 * Turns the service's reports into metrics, and renders them for a scrape. `metric-list.ts` lists them; the endpoint
 * they leave by is the ops server's.
 */
import { Registry } from "prom-client";
import type { Clock } from "../../model/ports/clock.ts";
import type { ServiceObserver } from "../../model/ports/service-observer.ts";
import { registerInstruments, type Instruments } from "./instruments.ts";
import { registerProcessMetrics } from "./process-metrics.ts";
import type { MetricSnapshot } from "./read-snapshot.ts";

export interface MetricTools {
  /** Called at each scrape. */
  read(): MetricSnapshot;
  readonly clock: Clock;
  readonly version: string;
}

export interface Metrics {
  readonly observer: ServiceObserver;
  /** In Prometheus's text format. An unreadable database removes only its own lines. */
  render(): Promise<{ readonly contentType: string; readonly body: string }>;
}

export function createMetrics(tools: MetricTools): Metrics {
  const registry = new Registry();
  const instruments = registerInstruments(registry);
  registerProcessMetrics(registry);
  instruments.set("dagmar_build_info", { version: tools.version }, 1);
  return {
    observer: createObserver(instruments, tools.clock),
    async render() {
      takeSnapshot(instruments, () => tools.read());
      return { contentType: registry.contentType, body: await registry.metrics() };
    },
  };
}

function createObserver({ count, observe, set }: Instruments, clock: Clock): ServiceObserver {
  return {
    tick(durationSeconds) {
      set("dagmar_scheduler_heartbeat_timestamp_seconds", {}, clock.now().getTime() / 1000);
      count("dagmar_scheduler_ticks_total", {});
      observe("dagmar_scheduler_tick_duration_seconds", {}, durationSeconds);
    },
    taskStarted(_, type, queuedSeconds) {
      observe("dagmar_task_queued_seconds", { type }, queuedSeconds);
    },
    taskEnded(dagId, type, state, durationSeconds) {
      count("dagmar_task_attempts_total", { dag_id: dagId, type, state });
      observe("dagmar_task_duration_seconds", { dag_id: dagId, type }, durationSeconds);
    },
    taskLost(dagId) {
      count("dagmar_tasks_lost_total", { dag_id: dagId });
    },
    runEnded(dagId, state, durationSeconds) {
      count("dagmar_dag_runs_total", { dag_id: dagId, state });
      observe("dagmar_dag_run_duration_seconds", { dag_id: dagId, state }, durationSeconds);
    },
    scheduleDelay(dagId, seconds) {
      observe("dagmar_schedule_delay_seconds", { dag_id: dagId }, seconds);
    },
    slotsSkipped(dagId, slots, reason) {
      count("dagmar_slots_skipped_total", { dag_id: dagId, reason }, slots);
    },
    objectPut(outcome) {
      count("dagmar_objects_put_total", { outcome });
    },
    idsDecided(dataset, outcome, ids) {
      count("dagmar_ids_total", { dataset, outcome }, ids);
    },
    importErrors(files) {
      set("dagmar_dag_import_errors", {}, files);
    },
    leaseChanged(isHeld, epoch) {
      set("dagmar_lease_held", {}, isHeld ? 1 : 0);
      if (epoch !== null) set("dagmar_lease_epoch", {}, epoch);
    },
    clockJump() {
      count("dagmar_clock_jumps_total", {});
    },
    loopStall(seconds) {
      count("dagmar_event_loop_stalls_total", {});
      count("dagmar_event_loop_stall_seconds_total", {}, seconds);
    },
    stepEnded(fault) {
      if (fault !== null) count("dagmar_step_failures_total", {});
    },
    diskFull() {
      count("dagmar_disk_full_total", {});
    },
    outputLost(stream) {
      count("dagmar_output_lost_total", { stream });
    },
    noticeSent(isDelivered) {
      count("dagmar_notices_total", { result: isDelivered ? "delivered" : "failed" });
    },
  };
}

const FROM_SNAPSHOT = [
  "dagmar_runs",
  "dagmar_tasks",
  "dagmar_pool_slots",
  "dagmar_pool_slots_used",
  "dagmar_database_size_bytes",
] as const;

function takeSnapshot({ count, reset, set }: Instruments, read: () => MetricSnapshot): void {
  // A removed pool or an unreadable database must not keep its last numbers.
  for (const name of FROM_SNAPSHOT) reset(name);
  let snapshot: MetricSnapshot;
  try {
    snapshot = read();
  } catch {
    // With a failing database the other metrics are needed most; the counter and /readyz report the failure.
    count("dagmar_snapshot_errors_total", {});
    return;
  }
  for (const [state, runs] of Object.entries(snapshot.runs)) set("dagmar_runs", { state }, runs);
  for (const [state, tasks] of Object.entries(snapshot.tasks)) set("dagmar_tasks", { state }, tasks);
  for (const { pool, slots, used } of snapshot.pools) {
    set("dagmar_pool_slots", { pool }, slots);
    set("dagmar_pool_slots_used", { pool }, used);
  }
  for (const [file, bytes] of Object.entries(snapshot.files)) {
    set("dagmar_database_size_bytes", { file }, bytes);
  }
}

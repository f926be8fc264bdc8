/** The context of one attempt, for tests of task types without a scheduler. */
import type {
  AnyTaskType,
  Progress,
  RunFacts,
  TaskContext,
  TaskOutput,
} from "../../model/ports/task-type.ts";
import type { TaskPorts } from "../../model/ports/task-ports.ts";
import { startWorkerThread } from "../../scheduler/attempts/worker-thread.ts";
import { silentLog, type TestWorld } from "./test-world.ts";

export interface ContextOptions {
  readonly run: RunFacts;
  readonly taskId?: string;
  /** As a Dag file has them; templates other than `${partition}` and `${run_stamp}` stay. */
  readonly written: Readonly<Record<string, string | number | boolean | null | object>>;
  readonly outputs?: Readonly<Record<string, TaskOutput>>;
  readonly signal?: AbortSignal;
  readonly wrapUp?: AbortSignal;
  readonly waitedSeconds?: number;
  /** Processes with the same one are ended with an attempt that fails. */
  readonly cookie?: string;
  readonly onProgress?: (progress: Progress) => void;
}

/** Threads run the compiled modules: Node 20 loads no TypeScript. */
function startCompiledWorker(module: URL, data: unknown): ReturnType<typeof startWorkerThread> {
  const root = new URL("../../", import.meta.url).href;
  const compiled = module.href.startsWith(`${root}dist/`)
    ? module
    : new URL(module.href.replace(root, `${root}dist/`));
  return startWorkerThread(compiled, data);
}

export function runTask(type: AnyTaskType, world: TestWorld, options: ContextOptions): Promise<TaskOutput> {
  const { run, written } = options;
  const rendered: unknown = JSON.parse(
    JSON.stringify(written)
      .replaceAll("${partition}", run.partition)
      .replaceAll("${run_stamp}", run.runStamp),
  );
  const context: TaskContext<unknown, TaskPorts> = {
    run,
    taskId: options.taskId ?? "task",
    attempt: 1,
    cookie: options.cookie ?? "test",
    waitedSeconds: options.waitedSeconds ?? 0,
    options: type.options.parse(rendered),
    written: written as TaskContext<unknown, TaskPorts>["written"],
    outputs: options.outputs ?? {},
    signal: options.signal ?? new AbortController().signal,
    wrapUp: options.wrapUp ?? new AbortController().signal,
    log: silentLog,
    clock: world.clock,
    lake: world.lake,
    state: world.ports,
    progress: options.onProgress ?? (() => undefined),
    startWorker: startCompiledWorker,
  };
  return type.run(context);
}

/** The contract of a task type: its options, what it reads and writes, and the context of one attempt. */
import type { ZodType } from "zod";
import type { Clock } from "./clock.ts";
import type { JsonValue, Params } from "../dag/dag.ts";
import type { TaskEngine, TaskService } from "./examination.ts";
import type { Lake } from "./lake.ts";
import type { Logger } from "./logger.ts";

/** The run that an attempt belongs to, as pinned in its row. Keys come from here alone. */
export interface RunFacts {
  readonly dagRunId: number;
  readonly dagId: string;
  readonly runId: string;
  /** ISO UTC to the millisecond. */
  readonly logicalDate: string;
  readonly timezone: string;
  /** `yyyy/mm/dd` of the logical date in the Dag's zone. */
  readonly partition: string;
  /** Logical date, UTC, to the millisecond: `20261123T090000000Z`. */
  readonly runStamp: string;
  readonly params: Params;
  /** Set if this run asks everything again (`--refetch`): the generation of its records. */
  readonly refetchGeneration: string | null;
}

/** A task's small JSON output, by name; downstream tasks read it as `${outputs.task.name}`. */
export type TaskOutput = Readonly<Record<string, JsonValue>>;

/** A running task's progress: a measure done out of a total, and a short note. */
export interface Progress {
  readonly done: number;
  /** `null` while unknown. */
  readonly total: number | null;
  readonly unit: "bytes" | "rows" | "ids";
  /** Shown after the figures, such as `12 not found`. */
  readonly note?: string;
  /** Why there is no progress at the moment; absent while there is. */
  readonly waitsFor?: string;
}

/** A computing thread: exchanges messages and never touches state or lake. */
export interface WorkerThread {
  /** Sends a message; buffers in `transfer` move without a copy. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** The next message in order. Rejects with `TaskFailure` `WORKER_CRASHED` when the thread ends first. */
  next(): Promise<unknown>;
  stop(): Promise<void>;
}

/** What one attempt gets. The composition root chooses the ports in `state`. */
export interface TaskContext<Options, State> {
  readonly run: RunFacts;
  readonly taskId: string;
  readonly attempt: number;
  /** The mark that every process of this attempt carries in its environment: see `makeAttemptCookie`. */
  readonly cookie: string;
  /** Seconds since this task was first rescheduled; 0 if it never was. */
  readonly waitedSeconds: number;
  /** Templates resolved and checked again against the schema. Only `${seq}` stays. */
  readonly options: Options;
  /** The options as the Dag file has them, templates unresolved. */
  readonly written: Readonly<Record<string, JsonValue>>;
  /** The outputs of the tasks that this one needs, by task id. */
  readonly outputs: Readonly<Record<string, TaskOutput>>;
  /** Aborted on time-out, cancellation and drain; `reason` says which. */
  readonly signal: AbortSignal;
  /**
   * Aborted when the run's time is nearly over. A task that fetches stops fetching, stores what it has, and raises the
   * signal's reason if something is left to do. Other tasks continue until `signal` is aborted.
   */
  readonly wrapUp: AbortSignal;
  readonly log: Logger;
  readonly clock: Clock;
  readonly lake: Lake;
  readonly state: State;
  readonly progress: (progress: Progress) => void;
  /** Starts a computing thread from a module's URL. */
  readonly startWorker: (module: URL, data: unknown) => WorkerThread;
}

export interface UpstreamTask {
  readonly taskId: string;
  readonly outputNames: readonly string[];
}

/** What a task stores. The check of Dag files uses it to find tasks that write the same dataset or the same keys. */
export interface TaskWrites {
  readonly dataset: string;
  /** Key template, unresolved. */
  readonly key: string;
  /** Many objects a run (`${run_stamp}` and `${seq}` are then required) or one. */
  readonly many: boolean;
}

export interface TaskType<Options = never, State = never> {
  readonly type: string;
  /** One sentence for `docs/reference/task-types.md`. */
  readonly summary: string;
  /**
   * Checked twice: when the file is read (a value that is one whole template is not checked) and after templates are
   * resolved. Strict: unknown options are errors. Every field carries a `.describe()`.
   */
  readonly options: ZodType<Options>;
  /** Template names that this type resolves itself, such as `seq`. */
  readonly ownTemplateNames: readonly string[];
  /** Output names that downstream templates may use. */
  readonly outputNames: readonly string[];
  /** What it stores, from options as written; `undefined` if nothing. Values may still contain templates. */
  writes(options: Readonly<Record<string, JsonValue>>): TaskWrites | undefined;
  /** Datasets whose object it resolves when it starts (`InputStore`). */
  reads(options: Readonly<Record<string, JsonValue>>): readonly string[];
  /**
   * At most one task with the same key runs at a time, over all runs; `null` for no limit. From options whose run names
   * and params are resolved.
   */
  exclusiveKey(options: Readonly<Record<string, JsonValue>>): string | null;
  /**
   * The SQL file that `sql` names, relative to the Dag file's folder; the Dag then holds its text in its place. Absent or
   * `undefined`: there is none.
   */
  sqlFile?(options: Readonly<Record<string, JsonValue>>): string | undefined;
  /**
   * A hint why a path of the options, such as `["command", 0]`, may not contain a template; `undefined` if it may.
   * Without this method templates are allowed everywhere.
   */
  refuseTemplate?(path: readonly (string | number)[]): string | undefined;
  /**
   * What is wrong with the task, apart from the form of its options, which the schema has checked: `upstream` are the
   * tasks that it needs. Paths begin at the task: `["needs"]`, `["with", "ids_from"]`.
   */
  listFaults?(
    options: Readonly<Record<string, JsonValue>>,
    upstream: readonly UpstreamTask[],
  ): readonly { readonly path: readonly string[]; readonly message: string; readonly hint?: string }[];
  /**
   * Raises a `DagmarError` such as `SECRET_MISSING` if a setting from the environment is missing; called before a run
   * is created.
   */
  assertConfigured?(): void;
  /** The service that it asks over the network; absent where it asks none. */
  readonly service?: TaskService;
  /** The optional program that it computes with; absent where it needs none. */
  readonly engine?: TaskEngine;
  /** A short text for people about a successful attempt; becomes the task's message. */
  describeOutput?(output: TaskOutput): string | null;
  /** Does the work of one attempt. Raises `TaskFailure` or `TaskReschedule`; anything else counts as a retryable fault. */
  run(context: TaskContext<Options, State>): Promise<TaskOutput>;
}

/** A task type in the registry, with erased types: its own schema parses the options. */
export type AnyTaskType = TaskType<unknown, unknown>;

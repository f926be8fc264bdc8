/** The contract between a task type and whoever runs it: options, what it reads and writes, and the context of one attempt. */
import type { ZodType } from "zod";
import type { Clock } from "./clock.ts";
import type { JsonValue, Params } from "../dag/dag.ts";
import type { TaskService } from "./examination.ts";
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
  /** Set when this run asks everything anew (`--refetch`): the generation that its records belong to. */
  readonly refetchGeneration: string | null;
}

/** A task's small JSON output, by name; downstream tasks read it as `${outputs.task.name}`. */
export type TaskOutput = Readonly<Record<string, JsonValue>>;

/** What a running task shows: a measure done out of a total, and a few words. */
export interface Progress {
  readonly done: number;
  /** `null` while unknown. */
  readonly total: number | null;
  readonly unit: "bytes" | "rows" | "ids";
  /** Shown behind the figures, such as `12 not found`. */
  readonly note?: string;
  /** Why nothing comes at the moment; absent while something does. */
  readonly waitsFor?: string;
}

/** A thread that computes: it gets messages, gives messages, and never touches state or lake. */
export interface WorkerThread {
  /** Sends a message; buffers in `transfer` move without a copy. */
  post(message: unknown, transfer?: readonly ArrayBuffer[]): void;
  /** The next message in order. Rejects with `TaskFailure` `WORKER_CRASHED` when the thread ends first. */
  next(): Promise<unknown>;
  stop(): Promise<void>;
}

/** What one attempt gets. `state` is whatever ports the composition root gives to task types. */
export interface TaskContext<Options, State> {
  readonly run: RunFacts;
  readonly taskId: string;
  readonly attempt: number;
  /** The mark that every process of this attempt carries in its environment: see `makeAttemptCookie`. */
  readonly cookie: string;
  /** Seconds since this task first asked to be looked at again later; 0 when it never did. */
  readonly waitedSeconds: number;
  /** Templates resolved and checked again against the schema. `${seq}` alone is left in place. */
  readonly options: Options;
  /** The options as the Dag file has them, templates unresolved. */
  readonly written: Readonly<Record<string, JsonValue>>;
  /** The outputs of the tasks that this one needs, by task id. */
  readonly outputs: Readonly<Record<string, TaskOutput>>;
  /** Aborted on time-out, cancellation and drain. `reason` tells which. */
  readonly signal: AbortSignal;
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

/** What a task stores: whoever writes the same dataset or may clash in keys is found when Dag files are read. */
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
   * Checked twice: when the file is read (a value that is one whole template is taken on trust) and after templates
   * are resolved. Strict: unknown options are errors. Every field carries a `.describe()`.
   */
  readonly options: ZodType<Options>;
  /** Names that this type resolves itself, such as `seq`. */
  readonly ownTemplateNames: readonly string[];
  /** Output names that downstream templates may use. */
  readonly outputNames: readonly string[];
  /** What it stores, from options as written; `undefined` for nothing. Values may still hold templates. */
  writes(options: Readonly<Record<string, JsonValue>>): TaskWrites | undefined;
  /** Datasets whose object it resolves when it starts (`InputStore`). */
  reads(options: Readonly<Record<string, JsonValue>>): readonly string[];
  /**
   * At most one task with the same key runs at a time, over all runs; `null` for no limit. From options whose run names
   * and params are resolved.
   */
  exclusiveKey(options: Readonly<Record<string, JsonValue>>): string | null;
  /**
   * Why no template may stand at a path of the options, such as `["command", 0]`, as a hint for who wrote one there;
   * `undefined` where one may. Without it a template may stand anywhere.
   */
  refuseTemplate?(path: readonly (string | number)[]): string | undefined;
  /**
   * What is wrong with the task beside the form of its options, which fit the schema here: `upstream` are the tasks that it
   * needs. Paths begin at the task: `["needs"]`, `["with", "ids_from"]`.
   */
  listFaults?(
    options: Readonly<Record<string, JsonValue>>,
    upstream: readonly UpstreamTask[],
  ): readonly { readonly path: readonly string[]; readonly message: string; readonly hint?: string }[];
  /** Raises a `DagmarError` such as `SECRET_MISSING` when something that only the environment can give is missing; asked before a run is made. */
  assertConfigured?(): void;
  /** The service that it asks over the network; absent where it asks none. */
  readonly service?: TaskService;
  /** What a person reads of an attempt that succeeded, in a few words; the task's message. */
  describeOutput?(output: TaskOutput): string | null;
  /** Does the work of one attempt. Raises `TaskFailure` or `TaskReschedule`; anything else counts as a retryable fault. */
  run(context: TaskContext<Options, State>): Promise<TaskOutput>;
}

/** What the registry holds, its types erased: options were parsed by the type's own schema. */
export type AnyTaskType = TaskType<unknown, unknown>;

/**
 * Which faults exist, what each code means and which exit code it leads to. How a fault is shown is the
 * command line's business; whether a failed attempt is tried again is the retry policy's.
 */

/**
 * Exit codes of every command: done, failed, usage, try again (sysexits EX_TEMPFAIL), configuration (EX_CONFIG). 78 is for
 * what only a person's edit mends, since a supervisor does not start it again; what room or time can mend is 75.
 */
export const EXIT = { done: 0, failed: 1, usage: 2, tryAgain: 75, configuration: 78 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface ErrorMeaning {
  /** Of a command that ends with the error. */
  readonly exit: ExitCode;
  readonly meaning: string;
}

export type ErrorTable = Readonly<Record<string, ErrorMeaning>>;

/**
 * Every code that Dagmar's own errors carry, except those that a task type declares for itself (`tasks/<type>/declare.ts`).
 * `docs/reference/errors.md` is generated from these tables.
 */
export const ERROR_CODES = {
  DAG_INVALID: { exit: 78, meaning: "A Dag file has faults; every one is listed with its line and column." },
  DAG_UNKNOWN: { exit: 2, meaning: "No Dag of that name is in the Dag folder." },
  TASK_UNKNOWN: { exit: 2, meaning: "The Dag has no task of that name." },
  RUN_UNKNOWN: { exit: 2, meaning: "There is no DagRun of that name or date." },
  RUN_PARAMS_DIFFER: { exit: 2, meaning: "A DagRun of that logical date exists with other params." },
  PARAM_INVALID: {
    exit: 2,
    meaning: "A --param is not declared by the Dag, or its value has the wrong type.",
  },
  USAGE: { exit: 2, meaning: "The command line is not of the command's form." },
  CONFIG_INVALID: { exit: 78, meaning: "The environment or .env has faults; every one is listed." },
  SECRET_MISSING: {
    exit: 78,
    meaning: "A task needs a secret that is not configured; the message names the variable.",
  },
  DATABASE_BUSY: { exit: 75, meaning: "Another process holds the database's lease or its write lock." },
  SETTINGS_DIFFER: {
    exit: 78,
    meaning:
      "The command was given with another lake than the run's, or with another lake, input folder or Dag file than the scheduler's.",
  },
  NO_SCHEDULER: { exit: 75, meaning: "No scheduler is running that could answer." },
  DATABASE_NEWER: { exit: 78, meaning: "The database was written by a newer Dagmar." },
  DATABASE_UNUSABLE: {
    exit: 78,
    meaning:
      "The database file is damaged, not SQLite, on a network file system, or not to be written by this user.",
  },
  DATABASE_FULL: { exit: 75, meaning: "No space is left for the database, or its quota is used up." },
  DATABASE_FAILING: {
    exit: 75,
    meaning:
      "The database could not be read or written: the disk failed, or memory or file descriptors were short.",
  },
  DATABASE_MISSING: { exit: 78, meaning: "There is no database yet; a run or `dagmar db migrate` makes it." },
  TOO_MANY_FILES: {
    exit: 75,
    meaning: "The process, or the machine, may not open more files; the message names the limit to raise.",
  },
  FOLDER_GONE: { exit: 75, meaning: "The working directory was removed." },
  DATABASE_MOVED: {
    exit: 78,
    meaning:
      "The database's file was moved, removed, replaced, cut short or overwritten while it was in use; nothing more is written.",
  },
  LEASE_LOST: { exit: 75, meaning: "Another process took the lease over; this one may not write any more." },
  ILLEGAL_TRANSITION: { exit: 1, meaning: "A state change that the transition table does not allow." },
  MACHINE_SHORT: {
    exit: 75,
    meaning: "The machine was short of room, memory or file descriptors, or a disk failed.",
  },
  ADDRESS_TAKEN: { exit: 75, meaning: "DAGMAR_HTTP cannot be listened on at the moment." },
  INTERRUPTED: { exit: 75, meaning: "The run was stopped by a signal; the same command resumes it." },
  OUTPUT_CLOSED: { exit: 75, meaning: "Nobody reads what is printed any more; the same command goes on." },

  INPUT_MISSING: { exit: 1, meaning: "The source file is not there." },
  INPUT_NOT_A_FILE: { exit: 1, meaning: "The source is a directory or a special file." },
  INPUT_UNREADABLE: { exit: 1, meaning: "The source may not be read by this user." },
  INPUT_OUTSIDE: {
    exit: 1,
    meaning: "The source's path leaves DAGMAR_INPUT, directly or by a symbolic link.",
  },
  INPUT_CHANGED: { exit: 75, meaning: "The source changed while it was read; nothing was stored." },
  INPUT_NOT_READY: { exit: 75, meaning: "The source is absent or still growing and is waited for." },

  DATASET_EMPTY: { exit: 1, meaning: "The lake holds no committed object of the dataset yet." },

  LAKE_DENIED: { exit: 1, meaning: "The store refused the credentials or a permission is missing." },
  LAKE_NO_BUCKET: { exit: 1, meaning: "The bucket or the lake's folder does not exist." },
  LAKE_UNAVAILABLE: { exit: 75, meaning: "The store did not answer, or not well, within the retries." },
  LAKE_UNTRUSTED: { exit: 1, meaning: "The certificate of the store's address is not trusted." },
  LAKE_CORRUPT: { exit: 1, meaning: "What the store holds or received is not what was sent." },
  LAKE_UNSUPPORTED: { exit: 1, meaning: "The store or the file system cannot do what the protocol needs." },
  LAKE_KEY_REFUSED: { exit: 1, meaning: "The key cannot be stored safely in this lake." },
  LAKE_FULL: { exit: 75, meaning: "No space is left in the lake." },

  IDS_FAILED: { exit: 1, meaning: "More ids failed afresh than max_failed allows." },
  RECONCILIATION_BROKEN: {
    exit: 1,
    meaning: "asked = stored + already_stored + not_found + failed + remaining does not hold.",
  },

  TASK_TIMED_OUT: { exit: 1, meaning: "The attempt took longer than its timeout." },
  TASK_LOST: { exit: 1, meaning: "The process that ran the attempt is gone." },
  TASK_SET_ASIDE: { exit: 1, meaning: "The task's process died three times under it." },
  RESULT_UNUSABLE: {
    exit: 1,
    meaning: "What the task gave as its result cannot be kept; the message says why.",
  },
  RUN_UNUSABLE: {
    exit: 1,
    meaning: "The run's rows or its definition cannot be worked on; it has failed, the others go on.",
  },
  OUTPUT_MISSING: { exit: 1, meaning: "A template names an output that the upstream task did not give." },
  RUN_TIMED_OUT: { exit: 1, meaning: "The run took longer than its Dag's timeout." },
  RUN_CANCELLED: { exit: 1, meaning: "Somebody cancelled the run." },
  TASK_RUNNING: { exit: 75, meaning: "The task is running; cancel its run first, or wait." },
  BACKFILL_ACTIVE: { exit: 75, meaning: "The Dag has an active backfill with other settings." },
  BACKFILL_EMPTY: {
    exit: 2,
    meaning: "The range holds no slot of the Dag, or more than one backfill takes.",
  },
  ATTEMPT_LEFT_RUNNING: {
    exit: 1,
    meaning: "A process of the attempt could not be ended; end it by hand, then clear the task.",
  },
  WORKER_CRASHED: { exit: 1, meaning: "The worker thread ended without an answer." },
  INTERNAL: { exit: 1, meaning: "A fault of Dagmar's own; the log has the stack." },
} as const satisfies ErrorTable;

type OwnErrors = typeof ERROR_CODES;

/** The codes that may be raised. A task type adds the names of its own: `declare module "…/model/errors.ts"`. */
export interface TaskErrors extends OwnErrors {}

export type ErrorCode = keyof TaskErrors;

const declared = new Map<string, ErrorMeaning>(Object.entries(ERROR_CODES));

/** Makes the codes of a task type known, so that a command that ends with one has its exit code. */
export function declareErrors(errors: ErrorTable): void {
  for (const [code, meaning] of Object.entries(errors)) {
    if (Object.hasOwn(ERROR_CODES, code)) throw new Error(`${code} is a code of Dagmar's own`);
    const known = declared.get(code);
    if (known !== undefined && known !== meaning) throw new Error(`two task types declare ${code}`);
    declared.set(code, meaning);
  }
}

export function isErrorCode(code: string): code is ErrorCode {
  return declared.has(code);
}

/** Base of every error that Dagmar raises on purpose: a code, one readable sentence, and what to do about it. */
export class DagmarError extends Error {
  readonly code: ErrorCode;
  readonly hint: string | undefined;

  constructor(code: ErrorCode, message: string, options: { hint?: string; cause?: unknown } = {}) {
    super(message, options.cause === undefined ? undefined : { cause: options.cause });
    this.name = new.target.name;
    this.code = code;
    this.hint = options.hint;
  }

  get exitCode(): ExitCode {
    return declared.get(this.code)?.exit ?? EXIT.failed;
  }
}

/** One fault in a Dag file. Lines and columns count from 1, as editors do; both are 0 where a fault has no place. */
export interface DagIssue {
  readonly file: string;
  readonly line: number;
  readonly column: number;
  readonly path: string;
  readonly message: string;
  readonly hint?: string;
}

/** All faults of one or several Dag files at once. */
export class DagDefinitionError extends DagmarError {
  readonly issues: readonly DagIssue[];

  constructor(issues: readonly DagIssue[]) {
    super("DAG_INVALID", issues.map(formatDagIssue).join("\n"));
    this.issues = issues;
  }
}

/** `file:line:column: path: message (hint)`, the form that editors and terminals make clickable. */
export function formatDagIssue(issue: DagIssue): string {
  const place = issue.line > 0 ? `${issue.file}:${issue.line}:${issue.column}` : issue.file;
  const path = issue.path === "" ? "" : `${issue.path}: `;
  return `${place}: ${path}${issue.message}${issue.hint === undefined ? "" : ` (${issue.hint})`}`;
}

/** A fault in the environment or in `.env`. */
export class ConfigError extends DagmarError {}

/** A command that cannot be carried out as asked; its code decides the exit code. */
export class CommandRefused extends DagmarError {}

/** A database that cannot be used, or may not be written any more. */
export class StateError extends DagmarError {}

/** Whether nothing may be written by this process any more: another one holds the lease, or the file is another one. */
export function isFencedOff(error: unknown): error is StateError {
  return error instanceof StateError && (error.code === "LEASE_LOST" || error.code === "DATABASE_MOVED");
}

export interface FailureOptions {
  readonly hint?: string;
  readonly cause?: unknown;
  /** Wait at least this long before the next attempt. */
  readonly retryAfterSeconds?: number;
  /** Only a person's act mends it: where a person waits for the run in the foreground, it is not tried again. */
  readonly isForPerson?: boolean;
}

/** A task's own failure. `retryable: false` ends the task at once, whatever its `retries` say. */
export class TaskFailure extends DagmarError {
  readonly retryable: boolean;
  readonly retryAfterSeconds: number | undefined;
  readonly isForPerson: boolean;

  constructor(code: ErrorCode, message: string, retryable: boolean, options: FailureOptions = {}) {
    super(code, message, options);
    this.retryable = retryable;
    this.isForPerson = options.isForPerson === true;
    this.retryAfterSeconds = options.retryAfterSeconds;
  }
}

/**
 * A part of the attempt goes on whatever was done to end it, so that no other attempt may begin. Counts for more than the
 * reason for which the attempt was to stop.
 */
export class AttemptLeftRunning extends TaskFailure {
  constructor(message: string, options: FailureOptions = {}) {
    super("ATTEMPT_LEFT_RUNNING", message, false, options);
  }
}

/** What a lake could not do, after the retries of its own layer. */
export class LakeError extends TaskFailure {}

/** A task that must look again later: `up_for_reschedule`, at no cost to its `retries`. */
export class TaskReschedule extends DagmarError {
  readonly afterSeconds: number;

  constructor(code: ErrorCode, message: string, afterSeconds: number) {
    super(code, message);
    this.afterSeconds = afterSeconds;
  }
}

/** A state change outside the transition table: a fault of Dagmar's own. */
export class IllegalTransition extends DagmarError {
  constructor(noun: string, from: string, to: string) {
    super("ILLEGAL_TRANSITION", `${noun}: ${from} → ${to} is not a legal transition`);
  }
}

/** One readable line for a fault of any kind, with no stack and no secrets of foreign error objects. */
export function describeError(error: unknown): string {
  if (error instanceof DagmarError)
    return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}

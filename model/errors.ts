/**
 * Every error code, its meaning and its exit code. The command line shows errors; the retry policy decides whether a
 * failed attempt is tried again.
 */

/**
 * Exit codes of every command: done, failed, usage, try again (sysexits EX_TEMPFAIL), configuration (EX_CONFIG). 78
 * means that a person has to edit something, so a supervisor must not restart it; 75 means that free space or time
 * can fix it.
 */
export const EXIT = { done: 0, failed: 1, usage: 2, tryAgain: 75, configuration: 78 } as const;
export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

interface ErrorMeaning {
  /** The exit code of a command that ends with the error. */
  readonly exit: ExitCode;
  readonly meaning: string;
}

export type ErrorTable = Readonly<Record<string, ErrorMeaning>>;

/**
 * Every error code of Dagmar, except those that a task type declares (`tasks/<type>/declare.ts`).
 * `docs/reference/errors.md` is generated from these tables.
 */
export const ERROR_CODES = {
  DAG_INVALID: { exit: 78, meaning: "A Dag file has faults; every one is listed with its line and column." },
  DAG_UNKNOWN: { exit: 2, meaning: "The Dag folder has no Dag of that name." },
  ID_UNKNOWN: { exit: 2, meaning: "No run has asked for an id of that name in this lake." },
  TASK_UNKNOWN: { exit: 2, meaning: "The Dag has no task of that name." },
  POOL_UNKNOWN: { exit: 2, meaning: "There is no pool of that name." },
  LOGIN_REQUIRED: { exit: 1, meaning: "The request has no valid token and no valid session." },
  NOT_PERMITTED: {
    exit: 1,
    meaning: "The request may not be made by this role, from that site, or through that name or proxy.",
  },
  TOO_MANY_TRIES: { exit: 75, meaning: "The password was wrong five times within a minute." },
  TOKEN_UNKNOWN: { exit: 2, meaning: "There is no API token of that id." },
  RUN_UNKNOWN: { exit: 2, meaning: "There is no DagRun of that name or date." },
  RUN_PARAMS_DIFFER: { exit: 2, meaning: "A DagRun of that logical date exists with other params." },
  RUN_EXISTS: { exit: 2, meaning: "The Dag has a DagRun of that logical date already." },
  PLAN_CHANGED: {
    exit: 2,
    meaning: "What would be done is no longer what the preview showed; nothing was done.",
  },
  KEY_REUSED: { exit: 2, meaning: "The Idempotency-Key was given to another request within the last day." },
  PARAM_INVALID: {
    exit: 2,
    meaning: "A --param is not declared by the Dag, or its value has the wrong type.",
  },
  USAGE: { exit: 2, meaning: "Invalid arguments for this command." },
  CONFIG_INVALID: { exit: 78, meaning: "The environment or .env has faults; every one is listed." },
  SECRET_MISSING: {
    exit: 78,
    meaning: "A task needs a secret that is not configured; the message names the variable.",
  },
  DATABASE_BUSY: { exit: 75, meaning: "Another process holds the database's lease or its write lock." },
  SETTINGS_DIFFER: {
    exit: 78,
    meaning:
      "The command's lake differs from the run's, or its lake, input folder or Dag file from the scheduler's.",
  },
  NO_SCHEDULER: { exit: 75, meaning: "No scheduler is running." },
  DATABASE_NEWER: { exit: 78, meaning: "The database was written by a newer Dagmar." },
  DATABASE_UNUSABLE: {
    exit: 78,
    meaning:
      "The database file is damaged, not SQLite, on a network file system, or not writable by this user.",
  },
  DATABASE_FULL: { exit: 75, meaning: "No space is left for the database, or its quota is used up." },
  DATABASE_FAILING: {
    exit: 75,
    meaning:
      "The database could not be read or written: the disk failed, or memory or file descriptors were short.",
  },
  DATABASE_MISSING: {
    exit: 78,
    meaning: "There is no database yet; a run or `dagmar db migrate` creates it.",
  },
  TOO_MANY_FILES: {
    exit: 75,
    meaning:
      "The process or the machine has reached its limit of open files; the message names the limit to raise.",
  },
  FOLDER_GONE: { exit: 75, meaning: "The working directory was removed." },
  DATABASE_MOVED: {
    exit: 78,
    meaning:
      "The database's file was moved, removed, replaced, cut short or overwritten while in use; this process writes nothing more.",
  },
  LEASE_LOST: { exit: 75, meaning: "Another process took over the lease; this one can no longer write." },
  ILLEGAL_TRANSITION: { exit: 1, meaning: "A state change that the transition table does not allow." },
  MACHINE_SHORT: {
    exit: 75,
    meaning: "The machine ran out of disk space, memory or file descriptors, or a disk failed.",
  },
  ADDRESS_TAKEN: { exit: 75, meaning: "The address in DAGMAR_HTTP is in use at the moment." },
  INTERRUPTED: { exit: 75, meaning: "The run was stopped by a signal; the same command resumes it." },
  OUTPUT_CLOSED: {
    exit: 75,
    meaning: "The reader of the output has closed it; the same command resumes the run.",
  },

  INPUT_MISSING: { exit: 1, meaning: "The source file does not exist." },
  INPUT_NOT_A_FILE: { exit: 1, meaning: "The source is a directory or a special file." },
  INPUT_UNREADABLE: { exit: 1, meaning: "This user cannot read the source." },
  INPUT_OUTSIDE: {
    exit: 1,
    meaning: "The source's path leaves DAGMAR_INPUT, directly or by a symbolic link.",
  },
  INPUT_CHANGED: { exit: 75, meaning: "The source changed while it was read; nothing was stored." },
  INPUT_NOT_READY: { exit: 75, meaning: "The source is missing or still growing; the task waits for it." },

  DATASET_UNKNOWN: {
    exit: 2,
    meaning: "Neither the database nor the Dag folder has a dataset of that name.",
  },
  DATASET_EMPTY: { exit: 1, meaning: "The lake holds no committed object of the dataset yet." },

  LAKE_DENIED: { exit: 1, meaning: "The store refused the credentials or a permission is missing." },
  LAKE_NO_BUCKET: { exit: 1, meaning: "The bucket or the lake's folder does not exist." },
  LAKE_UNAVAILABLE: { exit: 75, meaning: "The store gave no valid answer within the retries." },
  LAKE_UNTRUSTED: { exit: 1, meaning: "The certificate of the store's address is not trusted." },
  LAKE_CORRUPT: { exit: 1, meaning: "The store's content differs from what was sent." },
  LAKE_UNSUPPORTED: { exit: 1, meaning: "The store or the file system cannot do what the protocol needs." },
  LAKE_KEY_REFUSED: { exit: 1, meaning: "The key cannot be stored safely in this lake." },
  OBJECT_UNKNOWN: { exit: 2, meaning: "The database has no object of that key in this lake." },
  VERIFY_RUNNING: { exit: 75, meaning: "A verification of this lake is queued or running." },
  VERIFICATION_UNKNOWN: { exit: 2, meaning: "There is no verification of that number in this lake." },
  REMOVAL_REFUSED: {
    exit: 1,
    meaning:
      "`lake rm` does not remove this: not an object that Dagmar stored or adopted, or no longer the recorded one.",
  },
  LAKE_FULL: { exit: 75, meaning: "No space is left in the lake." },

  DATASET_BUSY: {
    exit: 75,
    meaning:
      "Another Dagmar with a database of its own asks for this dataset in the same lake; the task waits for it.",
  },
  IDS_FAILED: { exit: 1, meaning: "More ids failed in this run than max_failed allows." },
  RECONCILIATION_BROKEN: {
    exit: 1,
    meaning: "asked = stored + already_stored + not_found + failed + remaining does not hold.",
  },

  QUERY_TIMED_OUT: { exit: 1, meaning: "The query took longer than its --timeout." },
  TASK_TIMED_OUT: { exit: 1, meaning: "The attempt took longer than its timeout." },
  TASK_LOST: { exit: 1, meaning: "The process that ran the attempt died." },
  TASK_SET_ASIDE: {
    exit: 1,
    meaning: "The process died three times while running the task; it is not tried again.",
  },
  RESULT_UNUSABLE: {
    exit: 1,
    meaning: "The task's result cannot be stored; the message says why.",
  },
  RUN_UNUSABLE: {
    exit: 1,
    meaning: "The run's rows or its definition are damaged; the run has failed, other runs continue.",
  },
  OUTPUT_MISSING: { exit: 1, meaning: "A template names an output that the upstream task did not produce." },
  RUN_TIMED_OUT: { exit: 1, meaning: "The run took longer than its Dag's timeout." },
  RUN_CANCELLED: { exit: 1, meaning: "The run was cancelled by hand." },
  LOG_MISSING: {
    exit: 1,
    meaning: "The attempt has no log: it wrote nothing, or its log was pruned.",
  },
  LOG_UNREADABLE: {
    exit: 1,
    meaning:
      "The attempt's log is a symbolic link or no regular file, or this user cannot read it; such a file is not read.",
  },
  TASK_RUNNING: { exit: 75, meaning: "The task is running; cancel its run first, or wait." },
  BACKFILL_ACTIVE: { exit: 75, meaning: "The Dag has a running backfill with other settings." },
  BACKFILL_UNKNOWN: { exit: 2, meaning: "There is no backfill of that number." },
  BACKFILL_ENDED: { exit: 2, meaning: "The backfill has ended already." },
  BACKFILL_EMPTY: {
    exit: 2,
    meaning: "The range has no slot of the Dag, or more slots than one backfill allows.",
  },
  ATTEMPT_LEFT_RUNNING: {
    exit: 1,
    meaning: "A process of the attempt could not be stopped; stop it by hand, then clear the task.",
  },
  WORKER_CRASHED: { exit: 1, meaning: "The worker thread ended without an answer." },
  INTERNAL: { exit: 1, meaning: "An internal error in Dagmar; the log has the stack." },
} as const satisfies ErrorTable;

type OwnErrors = typeof ERROR_CODES;

/** The codes that may be raised. A task type adds its own: `declare module "…/model/errors.ts"`. */
export interface TaskErrors extends OwnErrors {}

export type ErrorCode = keyof TaskErrors;

const declared = new Map<string, ErrorMeaning>(Object.entries(ERROR_CODES));

/** Registers the codes of a task type, so that commands use their exit codes. */
export function declareErrors(errors: ErrorTable): void {
  for (const [code, meaning] of Object.entries(errors)) {
    if (Object.hasOwn(ERROR_CODES, code)) throw new Error(`${code} is a code of Dagmar's own`);
    const known = declared.get(code);
    if (known !== undefined && known !== meaning) throw new Error(`two task types declare ${code}`);
    declared.set(code, meaning);
  }
}

/** What the code means, in a sentence; `undefined` for an unknown one. */
export function describeErrorCode(code: string): string | undefined {
  return declared.get(code)?.meaning;
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

/** One fault in a Dag file. Lines and columns count from 1, as editors do; both are 0 if a fault has no position. */
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

/** A command that is refused; its code decides the exit code. */
export class CommandRefused extends DagmarError {}

/** A database that cannot be used or can no longer be written. */
export class StateError extends DagmarError {}

/** Whether this process can no longer write: another process holds the lease, or the database file was replaced. */
export function isFencedOff(error: unknown): error is StateError {
  return error instanceof StateError && (error.code === "LEASE_LOST" || error.code === "DATABASE_MOVED");
}

export interface FailureOptions {
  readonly hint?: string;
  readonly cause?: unknown;
  /** Wait at least this long before the next attempt. */
  readonly retryAfterSeconds?: number;
  /** Only a person can fix it: if a person waits for the run in the foreground, it is not retried. */
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
 * A part of the attempt could not be stopped, so no other attempt may start. Takes precedence over the reason for
 * which the attempt was stopped.
 */
export class AttemptLeftRunning extends TaskFailure {
  constructor(message: string, options: FailureOptions = {}) {
    super("ATTEMPT_LEFT_RUNNING", message, false, options);
  }
}

/** A failed operation of a lake, after the lake's own retries. */
export class LakeError extends TaskFailure {}

/** The task must look again later: `up_for_reschedule`, which does not use up its `retries`. */
export class TaskReschedule extends DagmarError {
  readonly afterSeconds: number;

  constructor(code: ErrorCode, message: string, afterSeconds: number) {
    super(code, message);
    this.afterSeconds = afterSeconds;
  }
}

/** A state change outside the transition table: a bug in Dagmar. */
export class IllegalTransition extends DagmarError {
  constructor(noun: string, from: string, to: string) {
    super("ILLEGAL_TRANSITION", `${noun}: ${from} → ${to} is not a legal transition`);
  }
}

/** One readable line for any error, without its stack and without secrets of foreign error objects. */
export function describeError(error: unknown): string {
  if (error instanceof DagmarError)
    return error.hint === undefined ? error.message : `${error.message} ${error.hint}`;
  return error instanceof Error ? error.message : String(error);
}

/**
 * The connection to the SQLite file: opens it safely, runs statements, and commits writes in groups. The repositories
 * have the statements; the lease decides which process may write.
 */
import BetterSqlite3 from "better-sqlite3";
import type { Clock } from "../../model/ports/clock.ts";
import { describeError, StateError } from "../../model/errors.ts";
import { failpoint } from "../../model/failpoint.ts";
import {
  applyPragmas,
  assertOurs,
  assertSafeVersion,
  assertUsablePath,
  BUSY_TIMEOUT_MS,
  listFaults,
  listQuickFaults,
  type OpenMode,
} from "./database-checks.ts";
import { watchDatabaseFiles, type FileWatch } from "./database-file.ts";
import { assertLogFits } from "./database-log.ts";
import { followLink, lookAt } from "./file-identity.ts";
import type { Lease } from "../control/lease-holder.ts";
import { migrate } from "./migrate.ts";
import { inSavepoint } from "./savepoint.ts";
import { explainSqliteError, isBusy } from "./sqlite-errors.ts";
import type { Query } from "./query.ts";
import { bind, sql, type Sql } from "./statement.ts";

const BUSY_PATIENCE_MS = 10_000;
const LAZY_COMMIT_MS = 10;
/** The longest time until a moved file is noticed: a check costs as much as a small statement. */
const FILE_CHECK_MS = 20;
const CACHED_STATEMENTS = 500;

export interface Database extends Query {
  readonly path: string;
  /**
   * Runs `work` in a transaction that begins with BEGIN IMMEDIATE and resolves after COMMIT. Several calls may share
   * one transaction, each in its own savepoint: an error undoes only that call.
   */
  write<T>(work: (query: Query) => T): Promise<T>;
  /** Like `write`, but the commit may wait up to 10 ms for other writes. */
  writeLazily<T>(work: (query: Query) => T): Promise<T>;
  /** From now on a transaction commits only while this is the lease's epoch. `null` removes the fence. */
  fenceBy(epoch: number | null): void;
  /**
   * Writes a compact copy of everything committed at its start into a file that is empty or missing. It reads one
   * snapshot: a page-by-page backup restarts whenever another process commits and might never end. Blocks this
   * process (about 7 s per GB) but not other writers. The copy is not yet synced.
   */
  backup(file: string): Promise<void>;
  /** The last transaction's error; `null` if it was committed. */
  readonly lastWriteError: string | null;
  /** The sizes of the file and of SQLite's log: the log grows while a reader holds an old snapshot. */
  readonly sizes: { readonly main: number; readonly wal: number };
  /** Changes whenever another connection commits: `PRAGMA data_version`. */
  readonly version: number;
  /** Messages of `PRAGMA integrity_check` and `foreign_key_check`; empty if the database is intact. */
  check(): readonly string[];
  /** As `check`, without comparing indexes with their tables: about a tenth of the time. */
  checkQuickly(): readonly string[];
  close(): Promise<void>;
}

export interface OpenOptions {
  readonly clock: Clock;
  readonly mode: OpenMode;
  /** Whether a holder's lease no longer counts: see `MigrateOptions`. By default its expiry decides. */
  readonly isFree?: (held: Lease) => boolean;
  /**
   * Another thread of this process may have the file open, and watches it. Then nothing is read past SQLite here: the
   * descriptors would be closed with the thread, and with them the locks that SQLite holds for the whole process.
   * https://sqlite.org/howtocorrupt.html#_posix_advisory_locks_canceled_by_a_separate_thread_doing_close_
   */
  readonly isInThread?: boolean;
}

// Prepared once, like every statement: parsing them for each write took a tenth of the time of spooling.
const BEGIN = sql`BEGIN IMMEDIATE`;
const COMMIT = sql`COMMIT`;
const ROLLBACK = sql`ROLLBACK`;
const READ_EPOCH = sql`SELECT epoch FROM lease WHERE id = 1`;

interface Pending {
  readonly work: (query: Query) => unknown;
  readonly resolve: (value: never) => void;
  readonly reject: (error: unknown) => void;
}

/**
 * Errors: `DATABASE_MISSING`, `DATABASE_UNUSABLE` (damaged, foreign, network file system, unsafe SQLite),
 * `DATABASE_NEWER`, `DATABASE_BUSY`.
 */
export async function openDatabase(path: string, options: OpenOptions): Promise<Database> {
  const { clock } = options;
  const startedMs = clock.monotonicMs();
  for (;;) {
    try {
      assertUsablePath(path, options.mode);
      return await openChecked(path, options);
    } catch (error) {
      // Another process is creating the database or changing its schema.
      const mayRetry = isBusy(error) && clock.monotonicMs() - startedMs < BUSY_PATIENCE_MS;
      if (!mayRetry) throw explainSqliteError(error, path);
    }
    await clock.sleep(20);
  }
}

async function openChecked(path: string, options: OpenOptions): Promise<Database> {
  if (options.isInThread !== true) assertLogFits(path, followLink(path));
  const connection = new BetterSqlite3(path, { readonly: options.mode === "read", timeout: BUSY_TIMEOUT_MS });
  try {
    assertSafeVersion(connection);
    assertOurs(connection, path);
    applyPragmas(connection, options.mode === "read");
    await migrate(connection, path, {
      mode: options.mode === "read" ? "check" : "apply",
      prepare: (other) => applyPragmas(other, false),
      isFree: options.isFree ?? ((held) => !(Date.parse(held.expiresAt) > options.clock.now().getTime())),
    });
  } catch (error) {
    connection.close();
    throw error;
  }
  const mark = connection.pragma("user_version", { simple: true }) as number;
  const files = options.isInThread === true ? WATCHED_ELSEWHERE : watchDatabaseFiles(path, mark);
  return createDatabase(connection, path, options.clock, files);
}

const WATCHED_ELSEWHERE: FileWatch = { assertSame: () => undefined, isMoved: false };

function createDatabase(
  connection: BetterSqlite3.Database,
  path: string,
  clock: Clock,
  files: FileWatch,
): Database {
  const query = createQuery(connection);
  const closing = new AbortController();
  let epoch: number | null = null;
  let pending: Pending[] = [];
  let isFlushPlanned = false;
  let lastWriteError: string | null = null;
  let flushing: Promise<void> = Promise.resolve();
  let filesCheckedMs = clock.monotonicMs();

  function assertFence(): void {
    if (epoch === null) return;
    const current: unknown = query.get<{ epoch: number }>(READ_EPOCH)?.epoch;
    if (current !== epoch) {
      throw new StateError("LEASE_LOST", "Another process has taken over this database's lease.", {
        hint: "This process stopped writing; the other process continues the work.",
      });
    }
  }

  function assertSameFiles(): void {
    const nowMs = clock.monotonicMs();
    if (!connection.open || nowMs - filesCheckedMs < FILE_CHECK_MS) return;
    files.assertSame();
    filesCheckedMs = nowMs;
  }

  /** One transaction for everything that is pending; a write that fails is undone alone. */
  function commitGroup(group: readonly Pending[]): void {
    const settled: (() => void)[] = [];
    failpoint("transaction.before");
    assertSameFiles();
    query.run(BEGIN);
    try {
      assertFence();
      for (const item of group) {
        try {
          const value = inSavepoint(query, () => item.work(query));
          settled.push(() => {
            item.resolve(value as never);
          });
        } catch (error) {
          // On a full disk or a failed write SQLite rolls back the whole transaction itself.
          if (!connection.inTransaction) throw error;
          settled.push(() => {
            item.reject(explainSqliteError(error, path));
          });
        }
      }
      failpoint("transaction.open");
      query.run(COMMIT);
    } catch (error) {
      if (connection.inTransaction) query.run(ROLLBACK);
      throw error;
    }
    failpoint("transaction.after");
    for (const settle of settled) settle();
  }

  async function flush(): Promise<void> {
    const group = pending;
    pending = [];
    isFlushPlanned = false;
    if (group.length === 0) return;
    const startedMs = clock.monotonicMs();
    for (;;) {
      try {
        commitGroup(group);
        lastWriteError = null;
        return;
      } catch (error) {
        const mayRetry = isBusy(error) && clock.monotonicMs() - startedMs < BUSY_PATIENCE_MS;
        if (!mayRetry) {
          lastWriteError = describeError(explainSqliteError(error, path));
          for (const item of group) item.reject(explainSqliteError(error, path));
          return;
        }
        await clock.sleep(20);
      }
    }
  }

  function planFlush(): void {
    if (isFlushPlanned) return;
    isFlushPlanned = true;
    flushing = flushing.then(async () => {
      await new Promise(setImmediate);
      await flush();
    });
  }

  function enqueue<T>(work: (query: Query) => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      pending.push({ work, resolve, reject });
    });
  }

  let lazyTimer: Promise<void> | undefined;

  return {
    ...query,
    path,
    write(work) {
      const result = enqueue(work);
      planFlush();
      return result;
    },
    writeLazily(work) {
      const result = enqueue(work);
      lazyTimer ??= clock
        .sleep(LAZY_COMMIT_MS, closing.signal)
        .catch(() => undefined)
        .then(() => {
          lazyTimer = undefined;
          planFlush();
        });
      return result;
    },
    get lastWriteError() {
      return lastWriteError;
    },
    get sizes() {
      return { main: Number(lookAt(path)?.size ?? 0), wal: Number(lookAt(`${path}-wal`)?.size ?? 0) };
    },
    fenceBy(next) {
      epoch = next;
    },
    async backup(file) {
      try {
        await Promise.resolve(connection.prepare("VACUUM INTO ?").run(file));
      } catch (error) {
        const isFull = error instanceof BetterSqlite3.SqliteError && error.code === "SQLITE_FULL";
        throw explainSqliteError(error, isFull ? file : path);
      }
    },
    get version() {
      return connection.pragma("data_version", { simple: true }) as number;
    },
    check: () => collectFaults(() => listFaults(connection)),
    checkQuickly: () => collectFaults(() => listQuickFaults(connection)),
    async close() {
      closing.abort();
      await lazyTimer;
      await flushing;
      // Closing would write into the moved file and remove the -wal of the new one.
      if (!connection.open || files.isMoved) return;
      if (!connection.readonly) tidyWal(connection);
      connection.close();
    },
  };
}

/** Some damage stops the check itself. */
function collectFaults(check: () => readonly string[]): readonly string[] {
  try {
    return check();
  } catch (error) {
    if (error instanceof BetterSqlite3.SqliteError) return [error.message];
    throw error;
  }
}

/** The -wal is durable and the next open reads it, so a checkpoint that fails on a full disk is no error. */
function tidyWal(connection: BetterSqlite3.Database): void {
  try {
    connection.pragma("wal_checkpoint(TRUNCATE)");
  } catch (error) {
    if (!(error instanceof BetterSqlite3.SqliteError)) throw error;
  }
}

function createQuery(connection: BetterSqlite3.Database): Query {
  const cache = new Map<string, BetterSqlite3.Statement>();
  function prepare(text: string): BetterSqlite3.Statement {
    const cached = cache.get(text);
    if (cached !== undefined) return cached;
    if (cache.size >= CACHED_STATEMENTS) cache.clear();
    const statement = connection.prepare(text);
    cache.set(text, statement);
    return statement;
  }
  return {
    all: <Row>(statement: Sql) => prepare(statement.text).all(...bind(statement)) as Row[],
    each: <Row>(statement: Sql) =>
      prepare(statement.text).iterate(...bind(statement)) as IterableIterator<Row>,
    get: <Row>(statement: Sql) => prepare(statement.text).get(...bind(statement)) as Row | undefined,
    one: <Row>(statement: Sql) => {
      const row = prepare(statement.text).get(...bind(statement));
      if (row === undefined) throw new Error(`a row is missing: ${statement.text}`);
      return row as Row;
    },
    run: (statement) => {
      const result = prepare(statement.text).run(...bind(statement));
      return { changes: result.changes, lastId: Number(result.lastInsertRowid) };
    },
  };
}

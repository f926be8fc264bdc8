/** Answers requests that read, from a connection of its own. It runs in a thread, so that no page delays the scheduler. */
import { describeError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports/clock.ts";
import { readDatabaseId } from "../../state/control/database-identity.ts";
import { openDatabase, type Database } from "../../state/sqlite/database.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { answerApi } from "../api/answer.ts";
import { explainError, replyProblem } from "../api/problem.ts";
import { answerErrorPage, ERROR_PAGES } from "../pages/error-page.ts";
import type { HttpReply, HttpRequest } from "../server/exchange.ts";
import type { FromReader, ReadSettings } from "./read-request.ts";

export interface Reader {
  answer(request: HttpRequest): Promise<Omit<FromReader, "id">>;
  close(): Promise<void>;
}

export function createReader(settings: ReadSettings, clock: Clock): Reader {
  let database: Database | undefined;

  async function read(request: HttpRequest): Promise<HttpReply> {
    database ??= await openDatabase(settings.databaseFile, { clock, mode: "read", isInThread: true });
    const query = database;
    // Every statement of a request sees the same moment.
    query.run(sql`BEGIN`);
    try {
      return answerApi(request, {
        query,
        now: clock.now(),
        lakeId: settings.lakeId,
        databaseId: readDatabaseId(query),
        dagsFolder: settings.dagsFolder,
        version: settings.version,
        accept: request.headers["accept"] ?? "",
      });
    } finally {
      query.run(sql`ROLLBACK`);
    }
  }

  async function forget(): Promise<void> {
    const former = database;
    database = undefined;
    await former?.close().catch(() => undefined);
  }

  return {
    async answer(request) {
      if (request.path.startsWith(ERROR_PAGES)) return { reply: answerErrorPage(request), fault: null };
      try {
        return { reply: await read(request), fault: null };
      } catch (error) {
        const known = explainError(error);
        // The file may have been replaced: the next request opens it again.
        if (known === undefined || known.status >= 500) await forget();
        if (known !== undefined) return { reply: known, fault: null };
        const detail = "Internal error; the log has the reason.";
        const reply = replyProblem({ status: 500, code: "INTERNAL", detail });
        return {
          reply,
          fault: error instanceof Error ? (error.stack ?? error.message) : describeError(error),
        };
      }
    },
    close: forget,
  };
}

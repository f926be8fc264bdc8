/** Answers requests that read, from a connection of its own. It runs in a thread, so that no page delays the scheduler. */
import type { GivenOrder, OrderOutcome } from "../../app/service/orders.ts";
import { createTaskLogs } from "../../app/tasks/task-logs.ts";
import { findUser } from "../../app/access/find-user.ts";
import type { Credential } from "../../model/access/credential.ts";
import type { User } from "../../model/access/user.ts";
import { describeError } from "../../model/errors.ts";
import type { Clock } from "../../model/ports/clock.ts";
import { readDatabaseId } from "../../state/control/database-identity.ts";
import { openDatabase, type Database } from "../../state/sqlite/database.ts";
import { createVersionReader } from "../../state/runs/version-reader.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { answerApi } from "../api/answer.ts";
import { loadFinder } from "../api/find-api-route.ts";
import { BUG, judgeError, replyRefusal, type ProblemFacts } from "../api/problem.ts";
import type { LiveTools, ReadTools } from "../api/route.ts";
import { answerErrorPage, ERROR_PAGES } from "../pages/error-page.ts";
import { answerPage } from "../pages/frame/answer-page.ts";
import { ASSET_PATHS, readAssets, type Assets } from "../pages/frame/assets.ts";
import type { Site } from "../pages/frame/bare-page.ts";
import { sendFault } from "../pages/frame/problem-page.ts";
import { answerLoginPage, LOGIN_PAGE } from "../pages/login/login-page.ts";
import type { HttpAnswer, HttpReply, HttpRequest } from "../server/exchange.ts";
import { createChangeFeed } from "./change-feed.ts";
import { createKeptFigures } from "./kept-figures.ts";
import type { Answered, ReadSettings } from "./read-request.ts";

/** Has the main thread carry out an order. Never rejects. */
export type GiveOrder = (given: GivenOrder) => Promise<OrderOutcome>;

const API = "/api/";

export interface Reader {
  answer(request: HttpRequest, give: GiveOrder): Promise<Answered>;
  /** `null`: the credential is not valid. */
  identify(credential: Credential): Promise<Answered | { readonly user: User | null }>;
  close(): Promise<void>;
}

export function createReader(settings: ReadSettings, clock: Clock): Reader {
  let opening: Promise<Database> | undefined;
  let assets: Assets | undefined;

  const open = (): Promise<Database> =>
    (opening ??= openDatabase(settings.databaseFile, { clock, mode: "read", isInThread: true }));

  const kept = createKeptFigures();
  const logs = createTaskLogs(settings.logsFolder);
  const live: LiveTools = {
    clock,
    feed: createChangeFeed(async () => (await open()).version, clock),
    read: async (work) => {
      const query = await open();
      return inSnapshot(query, () => work(query));
    },
  };

  /** No snapshot is held while an order is carried out. */
  async function read<T>(
    { headers }: Pick<HttpRequest, "headers">,
    work: (tools: ReadTools) => T,
  ): Promise<Awaited<T>> {
    const query = await open();
    // Read before the snapshot: what is kept for a version is as new as it, or newer.
    const { version } = query;
    return await inSnapshot(query, () =>
      work({
        query,
        readVersion: createVersionReader(query),
        now: clock.now(),
        lakeId: settings.lakeId,
        databaseId: readDatabaseId(query),
        dagsFolder: settings.dagsFolder,
        version: settings.version,
        timezone: settings.timezone,
        limits: settings.limits,
        settings: settings.settings,
        accept: headers["accept"] ?? "",
        lastEventId: headers["last-event-id"] ?? "",
        live,
        keep: (name, make) => kept.get(version, name, make),
        logs,
      }),
    );
  }

  async function answer(request: HttpRequest, give: GiveOrder): Promise<Answered> {
    const find = request.path.startsWith(API) ? await loadFinder(request.path) : undefined;
    const first = await read(request, (tools) =>
      find === undefined ? answerPage(request, tools, getSite()) : answerApi(request, tools, find),
    );
    if ("key" in first) {
      const owner = { kind: "key", key: first.key, requestedBy: request.user.name } as const;
      return { reply: first.reply, fault: null, keepFor: owner };
    }
    if (!("given" in first)) return { reply: first, fault: null, keepFor: null };
    const outcome = await give(first.given);
    const reply = await read(request, (tools) => first.conclude(tools, outcome));
    if (outcome.state !== "done" || first.given.key === null) return { reply, fault: null, keepFor: null };
    return { reply, fault: null, keepFor: { kind: "request", requestId: outcome.requestId } };
  }

  function getAssets(): Assets {
    assets ??= readAssets(settings.assetsFolder);
    return assets;
  }

  function getSite(): Site {
    return { assets: getAssets(), base: settings.base };
  }

  async function forget(): Promise<void> {
    const former = opening;
    opening = undefined;
    kept.forget();
    await former?.then((database) => database.close()).catch(() => undefined);
  }

  /** `refuse`: the reply to a refusal or a fault. */
  async function withFaults<T>(
    work: () => Promise<T>,
    refuse: (facts: ProblemFacts) => HttpReply,
  ): Promise<T | Answered> {
    try {
      return await work();
    } catch (error) {
      const known = judgeError(error);
      // The file may have been replaced: the next request opens it again.
      if (known === undefined || known.code.startsWith("DATABASE_")) await forget();
      if (known !== undefined) return justReply(refuse(known));
      const fault = error instanceof Error ? (error.stack ?? error.message) : describeError(error);
      return { ...justReply(refuse(BUG)), fault };
    }
  }

  return {
    async answer(request, give) {
      if (request.path.startsWith(ERROR_PAGES)) return justReply(answerErrorPage(request));
      if (request.path === LOGIN_PAGE) return justReply(answerLoginPage(request, getSite()));
      if (request.path.startsWith(ASSET_PATHS)) return justReply(getAssets().answer(request));
      const isApi = request.path.startsWith(API);
      const refuse = isApi ? replyRefusal : (facts: ProblemFacts) => sendFault(request, getSite(), facts);
      return await withFaults(() => answer(request, give), refuse);
    },
    identify: (credential) =>
      withFaults(
        () => read({ headers: {} }, ({ query, now }) => ({ user: findUser(query, credential, now) })),
        replyRefusal,
      ),
    close: forget,
  };
}

function justReply(reply: HttpAnswer): Answered {
  return { reply, fault: null, keepFor: null };
}

/** Every statement of `work` sees the same moment; what it does after its first `await` does not belong to it. */
function inSnapshot<T>(query: Query, work: () => T): T {
  query.run(sql`BEGIN`);
  try {
    return work();
  } finally {
    query.run(sql`ROLLBACK`);
  }
}

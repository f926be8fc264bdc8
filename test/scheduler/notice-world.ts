/** Runs that end as a test says, their notices, and a webhook on loopback that answers as a test says. */
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { onTestFinished } from "vitest";
import type { DagRun, DagRunState } from "../../model/run/dag-run.ts";
import type { Notice, NoticeTarget } from "../../model/ports/notice.ts";
import { noteRunEnd, type NoticeSettings } from "../../scheduler/notices/note-run-end.ts";
import { addTasks, changeRunState, createRun, readRun, saveDagVersion } from "../../state/runs/dag-runs.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { Query } from "../../state/sqlite/query.ts";
import { mapRow, type Row } from "../../state/sqlite/row.ts";
import { sql } from "../../state/sqlite/statement.ts";
import { makeDag, makeVersion } from "../support/test-dag.ts";

export interface RunEnds {
  /** Creates a run and ends it in this state, one minute after the last one or at `instant`. */
  end(state: DagRunState, changes?: Partial<RunEndOptions>): Promise<DagRun>;
  /** Like `tasks clear` and a new attempt. */
  endAgain(run: DagRun, state: DagRunState): Promise<void>;
  notices(): readonly Notice[];
}

interface RunEndOptions {
  readonly dagId: string;
  readonly settings: Partial<NoticeSettings>;
  /** Messages of the run's failed tasks, by task id. */
  readonly failedTasks: Readonly<Record<string, string | null>>;
  readonly instant: Date;
}

export function openRunEnds(database: Database, settings: NoticeSettings): RunEnds {
  let minutes = 0;
  const tick = (): Date => {
    minutes += 1;
    return new Date(Date.UTC(2026, 10, 23, 9, minutes));
  };
  const finish = (
    query: Query,
    run: DagRun,
    state: DagRunState,
    now: Date,
    more: Partial<NoticeSettings>,
  ) => {
    changeRunState(query, run, "running", now);
    changeRunState(query, { ...run, state: "running" }, state, now);
    const ended = readRun(query, run.dagRunId);
    noteRunEnd(query, ended, { ...settings, ...more }, now);
    return ended;
  };
  return {
    end: (state, { dagId = "csv_ingest", settings: more = {}, failedTasks = {}, instant } = {}) =>
      database.write((query) => {
        const logicalDate = tick();
        const version = makeVersion(makeDag([], { dagId }));
        saveDagVersion(query, version, logicalDate);
        const run = createRun(query, {
          version,
          runType: "scheduled",
          logicalDate,
          interval: null,
          params: {},
          onlyTasks: null,
          lakeId: "file:///lake",
          isRefetch: false,
          now: logicalDate,
        });
        for (const [taskId, message] of Object.entries(failedTasks)) {
          addTasks(query, run, [{ taskId, type: "noop", pool: "default", exclusiveKey: null }]);
          query.run(
            sql`UPDATE task_instances SET state = 'failed', message = ${message}
                WHERE task_id = ${taskId} AND dag_run_id = ${run.dagRunId}`,
          );
        }
        return finish(query, run, state, instant ?? logicalDate, more);
      }),
    endAgain: (run, state) =>
      database.write((query) => {
        const now = tick();
        changeRunState(query, run, "queued", now);
        finish(query, readRun(query, run.dagRunId), state, now, {});
      }),
    notices: () =>
      database.all<Row>(sql`SELECT * FROM notices ORDER BY notice_id`).map((row) => mapRow<Notice>(row)),
  };
}

export interface Webhook {
  /** With a secret in its path. */
  readonly url: string;
  readonly posts: readonly Post[];
  /** Resolves as soon as that many requests have come. */
  untilPosted(count: number): Promise<void>;
}

export interface Post {
  readonly method: string;
  readonly path: string;
  readonly contentType: string;
  readonly body: string;
}

export type Answering = (response: ServerResponse, index: number) => void;

export async function startWebhook(answer: Answering): Promise<Webhook> {
  const posts: Post[] = [];
  const watchers = new Set<() => void>();
  const server = createServer((request, response) => {
    void readBody(request).then((body) => {
      const { method = "", url = "", headers } = request;
      posts.push({ method, path: url, contentType: headers["content-type"] ?? "", body });
      for (const watcher of watchers) watcher();
      answer(response, posts.length - 1);
    });
  });
  await new Promise<void>((resolve) => {
    server.listen(0, "127.0.0.1", resolve);
  });
  onTestFinished(
    () =>
      new Promise<void>((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  );
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/${WEBHOOK_SECRET}`,
    posts,
    untilPosted: (count) =>
      new Promise((resolve) => {
        const watcher = (): void => {
          if (posts.length >= count) resolve();
        };
        watchers.add(watcher);
        watcher();
      }),
  };
}

export const TO_WEBHOOK: readonly NoticeTarget[] = [{ channel: "webhook", recipient: null }];

export const WEBHOOK_SECRET = "T0000-B0000-c4n4ry";

async function readBody(request: IncomingMessage): Promise<string> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks).toString("utf8");
}

export function makeNotice(changes: Partial<Notice> = {}): Notice {
  return {
    noticeId: 1,
    channel: "webhook",
    recipient: null,
    dagId: "csv_ingest",
    runId: "manual__1",
    kind: "failure",
    failures: 3,
    message: "m",
    state: "open",
    tries: 0,
    nextTryAt: null,
    error: null,
    createdAt: "2026-11-23T09:00:00.000Z",
    sentAt: null,
    ...changes,
  };
}

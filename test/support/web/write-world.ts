/** A scheduler's loop on a real database with a clock that stands still, and its API: no request may need a timer. */
import { TEST_READING } from "./read-world.ts";
import { join } from "node:path";
import { onTestFinished } from "vitest";
import { createOrders, type Orders } from "../../../app/service/orders.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { createReader } from "../../../web/reading/answer-reads.ts";
import type { HttpReply } from "../../../web/server/exchange.ts";
import { openServiceWorld, type Service, type ServiceWorld } from "../../scheduler/service-world.ts";
import type { Work } from "../../scheduler/engine-world.ts";
import { silentLog } from "../test-world.ts";

export interface WriteWorld extends ServiceWorld {
  readonly orders: Orders;
  readonly send: (
    method: string,
    target: string,
    body?: unknown,
    headers?: Readonly<Record<string, string>>,
  ) => Promise<HttpReply>;
  /** Starts the loop; it has read the Dag files. */
  readonly begin: () => Promise<Service>;
  readonly drain: () => void;
}

export async function openWriteWorld(works?: Readonly<Record<string, Work>>): Promise<WriteWorld> {
  let turned = (): void => undefined;
  const world = await openServiceWorld(works, {}, { service: { tick: () => turned() } });
  const { database, clock, folder, lake, wakeSignal } = world;
  const draining = new AbortController();
  const orders = createOrders({
    database,
    clock,
    log: silentLog,
    settings: { lake: lake.id, input: "", dags: "" },
    wake: () => wakeSignal.raise(),
    drain: draining.signal,
  });
  turned = () => orders.turned();
  const reader = createReader(
    {
      databaseFile: join(folder, "dagmar.db"),
      lakeId: lake.id,
      dagsFolder: folder,
      logsFolder: folder,
      version: "1.2.3",
      ...TEST_READING,
    },
    clock,
  );
  onTestFinished(() => reader.close());
  return {
    ...world,
    orders,
    drain: () => draining.abort(),
    async begin() {
      await database.write((query) =>
        query.run(
          sql`INSERT INTO lease (id, epoch, purpose, pid, host, process_started, acquired_at, expires_at)
              VALUES (1, 1, 'scheduler', 1, 'test', 'now', '2026-11-23', '2999-01-01T00:00:00.000Z')
              ON CONFLICT (id) DO UPDATE SET purpose = excluded.purpose, expires_at = excluded.expires_at`,
        ),
      );
      const service = world.start();
      await service.rest();
      return service;
    },
    async send(method, target, body, headers = {}) {
      const cut = target.indexOf("?");
      const [path, search] = cut < 0 ? [target, ""] : [target.slice(0, cut), target.slice(cut)];
      const text = body === undefined ? "" : typeof body === "string" ? body : JSON.stringify(body);
      const { reply, fault, keepFor } = await reader.answer(
        {
          method,
          path,
          search,
          headers: { "content-type": "application/json", ...headers },
          body: text,
          user: { name: "token test", role: "operator" },
        },
        (given) => orders.carryOut(given),
      );
      if (fault !== null) throw new Error(fault);
      if (!("body" in reply)) throw new Error(`${target} is a stream`);
      if (keepFor === null || typeof reply.body !== "string") return reply;
      return orders.keep(keepFor, { ...reply, body: reply.body });
    },
  };
}

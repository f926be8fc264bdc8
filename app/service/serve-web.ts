/** `dagmar web`: pages and API without the scheduler's loop; it runs no task and makes no run by itself. */
import { stampFolder } from "../../config/dag-file/folder-stamp.ts";
import { ConfigError, describeError, StateError, type ExitCode } from "../../model/errors.ts";
import { isLoopback } from "../../model/text/loopback.ts";
import type { Database } from "../../state/sqlite/database.ts";
import type { App } from "../app.ts";
import { assertGuarded } from "./assert-guarded.ts";
import type { MakeFace } from "./endpoint.ts";
import { judgeDrain } from "./judge-drain.ts";
import { warnReadablePassword } from "./warn-readable-password.ts";
import { judgeWebHealth } from "./web-health.ts";
import { createWebOrders, type WebOrders } from "./web-orders.ts";

const LOOK_EVERY_MS = 5_000;

/** 0 after a drain. 78 if the database has another file, 75 if the reader of the log has gone. */
export async function serveWeb(app: App, makeFace: MakeFace, drain: AbortSignal): Promise<ExitCode> {
  const { clock, log, settings } = app;
  const { http, web } = settings;
  if (http === null) {
    throw new ConfigError("CONFIG_INVALID", "DAGMAR_HTTP is off, so there is no address to serve pages on.", {
      hint: "Set DAGMAR_HTTP to an address, such as 127.0.0.1:8793.",
    });
  }
  const database = await app.openDatabase("create");
  assertGuarded(database, settings, clock.now());
  warnReadablePassword(web.passwordFile, log);
  const orders = createWebOrders(app, database, drain);
  const health = () => judgeWebHealth(database, clock.now());
  const endpoint = await makeFace(database).open({ health, readiness: health, orders });
  try {
    await endpoint.insist();
    log.info(describeSignIn(http.host, web.password));
    return await follow(app, database, orders, drain);
  } finally {
    await orders.rest();
    await endpoint.close();
  }
}

function describeSignIn(host: string, password: string | null): string {
  if (password !== null) {
    return "Sign in at /login with any name and the password of DAGMAR_WEB_PASSWORD_FILE, or with a token of `dagmar tokens create`.";
  }
  return isLoopback(host)
    ? "No login is needed on this machine."
    : "Sign in at /login with a token of `dagmar tokens create`.";
}

/** Until the process has to end: takes in edited Dag files, and notices that the database's file is another one. */
async function follow(
  app: App,
  database: Database,
  orders: WebOrders,
  drain: AbortSignal,
): Promise<ExitCode> {
  const { clock, log, settings } = app;
  let taken: string | undefined;
  let fault = "";
  while (!drain.aborted) {
    try {
      // The files are compared before each transaction.
      await database.write(() => undefined);
      const stamp = await stampFolder(settings.dagsFolder);
      if (stamp !== taken && (await orders.takeIn(await app.loadDags()))) taken = stamp;
      fault = "";
    } catch (error) {
      const message = describeError(error);
      if (error instanceof StateError && error.code === "DATABASE_MOVED") {
        log.error(message);
        return error.exitCode;
      }
      if (message !== fault)
        log.warn(`The Dag files could not be taken in; the pages show them as they were. ${message}`);
      fault = message;
    }
    await clock.sleep(LOOK_EVERY_MS, drain).catch(() => undefined);
  }
  return judgeDrain(drain);
}

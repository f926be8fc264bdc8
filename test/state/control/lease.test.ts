/** The lease row: epochs, renewal and release. */
import { expect, test } from "vitest";
import { readLease, releaseLease, renewLease, takeLease } from "../../../state/control/lease.ts";
import type { LeaseHolder } from "../../../state/control/lease-holder.ts";
import { sql } from "../../../state/sqlite/statement.ts";
import { openTestWorld } from "../../support/test-world.ts";

const FIRST: LeaseHolder = { purpose: "run csv_ingest", pid: 11, host: "here", processStarted: "boot/1" };
const SECOND: LeaseHolder = { purpose: "run tmdb_ingest", pid: 22, host: "there", processStarted: "boot/2" };
const TIMES = { now: "2026-11-23T09:00:00.000Z", expiresAt: "2026-11-23T09:00:30.000Z" };

const always = () => true;
const never = () => false;

test("the lease of a new database is free", async () => {
  const { database } = await openTestWorld();
  expect(readLease(database)).toBeUndefined();
});

test("the row has the holder's facts, with the first epoch", async () => {
  const { database } = await openTestWorld();
  expect(await database.write((query) => takeLease(query, FIRST, TIMES, never))).toEqual({ epoch: 1 });
  expect(readLease(database)).toMatchObject({
    ...FIRST,
    epoch: 1,
    acquiredAt: TIMES.now,
    expiresAt: TIMES.expiresAt,
  });
});

test("a refused process gets the holder, and nothing changes", async () => {
  const { database } = await openTestWorld();
  await database.write((query) => takeLease(query, FIRST, TIMES, always));
  const before = readLease(database);
  expect(await database.write((query) => takeLease(query, SECOND, TIMES, never))).toEqual({ heldBy: before });
  expect(readLease(database)).toEqual(before);
});

test("each holder gets a new epoch, also after a release", async () => {
  const { database } = await openTestWorld();
  await database.write((query) => takeLease(query, FIRST, TIMES, always));
  expect(await database.write((query) => takeLease(query, SECOND, TIMES, always))).toEqual({ epoch: 2 });
  await database.write((query) => {
    releaseLease(query, 2);
  });
  expect(readLease(database)).toBeUndefined();
  expect(await database.write((query) => takeLease(query, FIRST, TIMES, never))).toEqual({ epoch: 3 });
});

test("a standby cannot take it after a newer version changed the schema", async () => {
  const { database } = await openTestWorld();
  const taking = database.write((query) => {
    query.run(sql`INSERT INTO knex_migrations (name, batch) VALUES ('0999-from-the-future', 9)`);
    return takeLease(query, FIRST, TIMES, always);
  });
  await expect(taking).rejects.toMatchObject({ code: "DATABASE_NEWER" });
});

test("an old holder neither renews nor releases the lease of its successor", async () => {
  const { database } = await openTestWorld();
  await database.write((query) => takeLease(query, FIRST, TIMES, always));
  await database.write((query) => takeLease(query, SECOND, TIMES, always));
  const before = readLease(database);
  await database.write((query) => {
    renewLease(query, 1, "2030-01-01T00:00:00.000Z");
    releaseLease(query, 1);
  });
  expect(readLease(database)).toEqual(before);
});

test("the holder's renewal changes only the expiry", async () => {
  const { database } = await openTestWorld();
  await database.write((query) => takeLease(query, FIRST, TIMES, always));
  const before = readLease(database);
  const expiresAt = "2026-11-23T09:00:40.000Z";
  await database.write((query) => {
    renewLease(query, 1, expiresAt);
  });
  expect(readLease(database)).toEqual({ ...before, expiresAt });
});

test("a lease whose row is gone gets an epoch that no attempt had", async () => {
  const { database } = await openTestWorld();
  await database.write((query) => {
    query.run(sql`DELETE FROM lease`);
  });
  expect(await database.write((query) => takeLease(query, FIRST, TIMES, never))).toEqual({ epoch: 1 });
  expect(readLease(database)).toMatchObject({ ...FIRST, epoch: 1 });
  database.fenceBy(1);
  await database.write((query) => {
    renewLease(query, 1, TIMES.expiresAt);
  });
});

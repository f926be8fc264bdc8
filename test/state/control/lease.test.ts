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

test("nobody holds the lease of a fresh database", async () => {
  const { database } = await openTestWorld();
  expect(readLease(database)).toBeUndefined();
});

test("the taker's facts are in the row, with the first epoch", async () => {
  const { database } = await openTestWorld();
  expect(await database.write((query) => takeLease(query, FIRST, TIMES, never))).toEqual({ epoch: 1 });
  expect(readLease(database)).toMatchObject({
    ...FIRST,
    epoch: 1,
    acquiredAt: TIMES.now,
    expiresAt: TIMES.expiresAt,
  });
});

test("who may not take it learns who holds it, and nothing changes", async () => {
  const { database } = await openTestWorld();
  await database.write((query) => takeLease(query, FIRST, TIMES, always));
  const before = readLease(database);
  expect(await database.write((query) => takeLease(query, SECOND, TIMES, never))).toEqual({ heldBy: before });
  expect(readLease(database)).toEqual(before);
});

test("each taking has an epoch of its own, also after a release", async () => {
  const { database } = await openTestWorld();
  await database.write((query) => takeLease(query, FIRST, TIMES, always));
  expect(await database.write((query) => takeLease(query, SECOND, TIMES, always))).toEqual({ epoch: 2 });
  await database.write((query) => {
    releaseLease(query, 2);
  });
  expect(readLease(database)).toBeUndefined();
  expect(await database.write((query) => takeLease(query, FIRST, TIMES, never))).toEqual({ epoch: 3 });
});

test("a process that stood by while a newer version changed the schema may not take it", async () => {
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

test("the holder's renewal moves the expiry and nothing else", async () => {
  const { database } = await openTestWorld();
  await database.write((query) => takeLease(query, FIRST, TIMES, always));
  const before = readLease(database);
  const expiresAt = "2026-11-23T09:00:40.000Z";
  await database.write((query) => {
    renewLease(query, 1, expiresAt);
  });
  expect(readLease(database)).toEqual({ ...before, expiresAt });
});

test("a lease whose row is gone is taken with an epoch that no attempt had", async () => {
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

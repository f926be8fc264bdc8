/** The tagged template: bound values, fragments, and what can never become part of a statement's text. */
import { expect, test } from "vitest";
import { bind, insertInto, nameOf, sql, upsertInto } from "../../../state/sqlite/statement.ts";
import { openTestWorld } from "../../support/test-world.ts";

test("each value is bound at its place", () => {
  const statement = sql`SELECT * FROM pools WHERE pool = ${"a"} AND slots > ${3}`;
  expect(statement.text).toBe("SELECT * FROM pools WHERE pool = ? AND slots > ?");
  expect(statement.values).toEqual(["a", 3]);
});

test("the same place gives the same text for any values", () => {
  const find = (pool: string) => sql`SELECT * FROM pools WHERE pool = ${pool}`;
  expect(find("a").text).toBe(find("x' OR '1'='1").text);
});

test("a fragment becomes part of the text, and brings its values in their order", () => {
  const isOpen = (state: string) => sql`state = ${state} AND kind = ${"k"}`;
  const statement = sql`SELECT 1 FROM t WHERE a = ${1} AND ${isOpen("open")} AND b = ${2}`;
  expect(statement.text).toBe("SELECT 1 FROM t WHERE a = ? AND state = ? AND kind = ? AND b = ?");
  expect(statement.values).toEqual([1, "open", "k", 2]);
});

test("a foreign text cannot change the statement", async () => {
  const { database } = await openTestWorld();
  const name = `p'); DELETE FROM pools; --`;
  await database.write((query) => query.run(sql`INSERT INTO pools (pool, slots) VALUES (${name}, 1)`));
  expect(database.one(sql`SELECT pool FROM pools WHERE pool = ${name}`)).toEqual({ pool: name });
});

test.each(["pools; DROP TABLE pools", "a b", "", "A", "1a", "a-b", 'a"'])("%s is not a name", (word) => {
  expect(() => nameOf(word)).toThrow("is not a name of a table or a column");
});

test("a row's values belong to their names; an expression is not bound as a value", () => {
  const row = { key: "k", place: sql`(SELECT max(x) + ${1} FROM t)`, is_open: true };
  const statement = insertInto("objects", row);
  expect(statement.text).toBe(
    "INSERT INTO objects (key, place, is_open) VALUES (?, (SELECT max(x) + ? FROM t), ?)",
  );
  expect(bind(statement)).toEqual(["k", 1, 1]);
  expect(upsertInto("t", ["a"], { a: 1, b: 2 }).text).toBe(
    "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
  );
});

test("a required row that is missing is an error with the statement's text", async () => {
  const { database } = await openTestWorld();
  expect(() => database.one(sql`SELECT 1 FROM pools WHERE pool = ${"none"}`)).toThrow(
    "SELECT 1 FROM pools WHERE pool = ?",
  );
});

test("each kind of row has its own text, also after another kind of the same table", () => {
  const texts = [
    insertInto("t", { a: 1, b: 2 }).text,
    insertInto("t", { a: 1, c: 2 }).text,
    insertInto("t", { c: 1, b: 2 }).text,
    insertInto("t", { a: 1 }).text,
    insertInto("t", { a: 1, b: sql`2` }).text,
    upsertInto("t", ["a"], { a: 1, b: 2 }).text,
    upsertInto("t", ["b"], { a: 1, b: 2 }).text,
    insertInto("t", { a: 3, b: 4 }).text,
  ];
  expect(texts).toEqual([
    "INSERT INTO t (a, b) VALUES (?, ?)",
    "INSERT INTO t (a, c) VALUES (?, ?)",
    "INSERT INTO t (c, b) VALUES (?, ?)",
    "INSERT INTO t (a) VALUES (?)",
    "INSERT INTO t (a, b) VALUES (?, 2)",
    "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (a) DO UPDATE SET b = excluded.b",
    "INSERT INTO t (a, b) VALUES (?, ?) ON CONFLICT (b) DO UPDATE SET a = excluded.a",
    "INSERT INTO t (a, b) VALUES (?, ?)",
  ]);
});

test("a place whose fragment changes has the text of its present fragment", () => {
  const find = (order: string) => sql`SELECT 1 FROM t ORDER BY ${nameOf(order)}`.text;
  expect([find("a"), find("b"), find("a")]).toEqual([
    "SELECT 1 FROM t ORDER BY a",
    "SELECT 1 FROM t ORDER BY b",
    "SELECT 1 FROM t ORDER BY a",
  ]);
});

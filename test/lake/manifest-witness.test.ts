/** What counts as a manifest: one of ours, whole, in which each batch's name agrees with what is listed of it. */
import { expect, test } from "vitest";
import { readManifest } from "../../lake/protocol/manifest-witness.ts";
import { openTestWorld } from "../support/test-world.ts";
import { addAll, listKeys, makeIds, readObject, record, startAsking } from "./asking.ts";
import { planBytes } from "./lake-tools.ts";

type Json = Record<string, unknown>;
interface Written extends Json {
  question: Json;
  objects: Json[];
}

/** A manifest that lists one object of three records, and what is read after it was changed. */
async function openManifest() {
  const world = await openTestWorld();
  const ids = makeIds(3);
  const { ask, sink } = await startAsking(world, ids, await world.makeRunFacts("2026-11-23T09:00:00Z"));
  await addAll(
    sink,
    ids.map((id) => record(ask, id)),
  );
  await sink.finish();
  const key = (await listKeys(world)).find((found) => found.includes(".manifest-")) ?? "";
  const written = readObject(world, key) as Written;
  const read = async (text: string) => {
    const plan = planBytes("Raw/_manifest-again.json", text);
    await world.lake.putBytes(plan);
    const summary = { key: plan.key, sizeBytes: plan.body.length, etag: "", modifiedAt: new Date(0) };
    return readManifest(world.lake, summary, new AbortController().signal);
  };
  return { written, read };
}

test("a manifest gives what it lists", async () => {
  const { written, read } = await openManifest();
  const found = await read(JSON.stringify(written));
  expect(found).toMatchObject({ dataset: "titles", logicalDate: "2026-11-23T09:00:00.000Z" });
  expect([...(found?.objects.values() ?? [])].map(({ answers }) => answers?.askedIds)).toEqual([makeIds(3)]);
});

test.each(["", "{", "null", "[]", '"text"', "7", "{}"])("%j is none", async (text) => {
  const { read } = await openManifest();
  expect(await read(text)).toBeUndefined();
});

const listed = (changes: Json) => (written: Written) => ({
  ...written,
  objects: [{ ...written.objects[0], ...changes }],
});

test.each<[string, (written: Written) => unknown]>([
  ["no dataset", (written) => ({ ...written, dataset: 7 })],
  ["no date", (written) => ({ ...written, logical_date: null })],
  ["no question", (written) => ({ ...written, question: null })],
  ["a question without a hash", (written) => ({ ...written, question: {}, objects: [] })],
  ["a list of questions", (written) => ({ ...written, question: [], objects: [] })],
  ["no list of objects", (written) => ({ ...written, objects: {} })],
  ["an object that is none", (written) => ({ ...written, objects: ["Raw/one.json"] })],
  ["an object without a key", listed({ key: 7 })],
  ["an object without a hash", listed({ sha256: null })],
  ["an object without a size", listed({ size_bytes: "12" })],
  ["an object without a batch", listed({ batch: null })],
  ["an object without a generation", listed({ generation: 0 })],
  ["an object without records", listed({ records: "tt0000001" })],
  ["a record without an id", listed({ records: [[7]] })],
  ["a record that is none", listed({ records: ["tt0000001"] })],
  ["other records than the batch's", listed({ records: [["tt0000001"]] })],
  ["other bytes than the batch's", listed({ sha256: "0".repeat(64) })],
])("with %s it is none", async (_, change) => {
  const { written, read } = await openManifest();
  expect(await read(JSON.stringify(change(written)))).toBeUndefined();
});

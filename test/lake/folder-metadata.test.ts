/**
 * Several processes store one key at the same time: the existing object keeps its own metadata, whichever process
 * loses, in any order.
 */
import { link, lstat, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { markFile, placeMeta, readMeta, renderMeta } from "../../lake/folder/folder-metadata.ts";
import type { ObjectMetadata } from "../../model/ports/lake.ts";
import { makeTempFolder } from "../support/test-world.ts";
import { sha256 } from "./lake-tools.ts";

/** One process, up to its draft and its metadata. */
async function openWriter(folder: string, name: string) {
  const path = (end: string): string => join(folder, `${name}.${end}`);
  const metadata = { sha256: sha256(name), writer: name };
  await writeFile(path("object"), name);
  const text = renderMeta(metadata, "text/plain", markFile(await lstat(path("object"), { bigint: true })));
  await writeFile(path("meta"), text);
  const object = join(folder, "key.txt");
  return {
    metadata,
    place: () => placeMeta(object, text, path("meta"), path("aside")),
    link: () => link(path("object"), object),
  };
}

async function readStanding(folder: string): Promise<ObjectMetadata> {
  const object = join(folder, "key.txt");
  return readMeta(object, await lstat(object, { bigint: true }));
}

const ORDERS = [
  ["b", "c"],
  ["c", "b"],
] as const;

test.each(ORDERS)("two that lost give back in the order %s, %s", async (...order) => {
  const folder = makeTempFolder();
  const [winner, b, c] = [
    await openWriter(folder, "a"),
    await openWriter(folder, "b"),
    await openWriter(folder, "c"),
  ];
  const won = await winner.place();
  await winner.link();
  await won.keep();
  const lost = { b: await b.place(), c: await c.place() };
  for (const name of order) await lost[name].giveBack();
  expect(await readStanding(folder)).toEqual(winner.metadata);
});

test("the winner restores its metadata when a loser has just put its own over it", async () => {
  const folder = makeTempFolder();
  const [winner, loser] = [await openWriter(folder, "a"), await openWriter(folder, "b")];
  const won = await winner.place();
  const lost = await loser.place();
  await winner.link();
  await won.keep();
  // The loser may die here.
  expect(await readStanding(folder)).toEqual(winner.metadata);
  await lost.giveBack();
  expect(await readStanding(folder)).toEqual(winner.metadata);
});

test("a single loser puts back the metadata that it found", async () => {
  const folder = makeTempFolder();
  const [winner, loser] = [await openWriter(folder, "a"), await openWriter(folder, "b")];
  const won = await winner.place();
  await winner.link();
  await won.keep();
  const lost = await loser.place();
  // Metadata of other bytes belongs to no object while it is there.
  expect(await readStanding(folder)).toEqual({});
  await lost.giveBack();
  expect(await readStanding(folder)).toEqual(winner.metadata);
});

test("of two that are killed, one with its metadata in place and one with its object, neither's metadata is given", async () => {
  const folder = makeTempFolder();
  const [first, second] = [await openWriter(folder, "a"), await openWriter(folder, "b")];
  await first.place();
  await second.place();
  await first.link();
  expect(await readStanding(folder)).toEqual({});
});

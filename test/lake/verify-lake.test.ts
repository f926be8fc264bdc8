/** What `lake verify` finds when somebody else has been at the lake: four objects, each with a fate of its own. */
import { rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { verifyLake } from "../../lake/protocol/verify-lake.ts";
import { openTestWorld } from "../support/test-world.ts";

const BODY = Buffer.from("four bytes and more");
const SHA256 = createHash("sha256").update(BODY).digest("hex");

test("what is gone, what differs and what nobody entered is told; a foreign object on the books is not", async () => {
  const { lake, folder } = await openTestWorld();
  const keys = ["gone", "longer", "other", "sound"];
  for (const key of keys) {
    await lake.putBytes({ key, body: BODY, sha256: SHA256, metadata: {}, contentType: "text/plain" });
  }
  rmSync(join(folder, "lake/gone"));
  writeFileSync(join(folder, "lake/longer"), `${BODY.toString()}!`);
  writeFileSync(join(folder, "lake/other"), BODY.toString().toUpperCase());
  for (const key of ["foreign", "stranger"]) writeFileSync(join(folder, "lake", key), "theirs");

  const verify = async (isDeep: boolean) => {
    const deviations = await verifyLake(
      lake,
      keys.map((key) => ({ key, sha256: SHA256, sizeBytes: BODY.length })),
      {
        prefix: "",
        isDeep,
        signal: new AbortController().signal,
        foreignKeys: new Set(["foreign"]),
        doubles: [],
        countStored: () => 0,
      },
    );
    return deviations.map(({ key, verdict }) => `${key} ${verdict}`);
  };
  expect(await verify(false)).toEqual(["gone missing", "longer differs", "stranger unknown"]);
  rmSync(join(folder, "lake/_sound.meta.json"));
  expect(await verify(false)).toContain("sound no_metadata");
  expect(await verify(true)).toEqual(["gone missing", "longer differs", "other differs", "stranger unknown"]);
});

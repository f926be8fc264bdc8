/** `lake verify --deep` with objects that the store refuses to return: each is named, and the others are read. */
import { expect, test } from "vitest";
import { verifyLake } from "../../lake/protocol/verify-lake.ts";
import { planBytes, sha256 } from "./lake-tools.ts";
import { startS3World } from "./s3-world.ts";

test("an archived object and a denied one are listed with the store's message; the rest is read", async () => {
  const world = await startS3World();
  try {
    const lake = world.open();
    const keys = Array.from({ length: 20 }, (_, index) => `Raw/${String(index).padStart(2, "0")}.json`);
    for (const key of keys) await lake.putBytes(planBytes(key, key));
    const refuse = (key: string, code: string) =>
      world.server.faults.push({
        when: { operation: "GetObject", key: `zone/${key}` },
        times: 9,
        fault: { kind: "error", status: 403, code },
      });
    refuse("Raw/03.json", "InvalidObjectState");
    refuse("Raw/07.json", "AccessDenied");
    const booked = keys.map((key) => ({ key, sha256: sha256(key), sizeBytes: key.length }));
    const deviations = await verifyLake(lake, booked, {
      prefix: "",
      isDeep: true,
      foreignKeys: new Set(),
      removals: new Map(),
      begun: new Map(),
      doubles: [],
      countStored: () => 0,
      signal: new AbortController().signal,
    });
    expect(deviations.map(({ key, verdict }) => `${key} ${verdict}`)).toEqual([
      "Raw/03.json unreadable",
      "Raw/07.json unreadable",
    ]);
    expect(deviations[0]?.detail).toContain("403 InvalidObjectState");
    expect(deviations[1]?.detail).toContain("403 AccessDenied");
    expect(world.count("GetObject")).toBe(20);
    // What is read whole and listed is not looked at before.
    expect(world.count("HeadObject")).toBe(0);
  } finally {
    await world.close();
  }
});

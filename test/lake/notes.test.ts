/** Notes on each store: a version is replaced by a process that has read it, and by no other. */
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { encodeNoteName } from "../../lake/lake-notes.ts";
import type { SweepableLake } from "../../lake/sweepable-lake.ts";
import { startS3World } from "./s3-world.ts";
import { BARE_TAGS, STORES, type OpenStore } from "./stores.ts";

const text = (body: Buffer | undefined): string | undefined => body?.toString();
const bytes = (body: string): Buffer => Buffer.from(body);

interface Written {
  readonly body: string;
  readonly version: string | undefined;
}

for (const store of [...STORES, BARE_TAGS]) {
  describe.skipIf(store.skippedBecause !== undefined)(`notes in ${store.name}`, () => {
    let open: OpenStore;
    let lake: SweepableLake;
    beforeAll(async () => {
      open = await store.open();
      lake = open.openLake();
      if (!(await lake.notes.areGuarded())) return;
    });
    afterAll(async () => {
      await lake.close();
      await open.close();
    });

    test("are guarded as its entry in the table says", async () => {
      expect(await lake.notes.areGuarded()).toBe(store.guardedNotes);
    });

    describe.skipIf(!store.guardedNotes)("that compares versions", () => {
      test("a note is written once where there is none, and replaced by who read it", async () => {
        const { notes } = lake;
        expect(await notes.read("leases/one")).toBeUndefined();
        const first = (await notes.write("leases/one", bytes("1"), null)) ?? "";
        expect(await notes.write("leases/one", bytes("other"), null)).toBeUndefined();
        expect(await notes.read("leases/one")).toEqual({ body: bytes("1"), version: first });
        const second = (await notes.write("leases/one", bytes("2"), first)) ?? "";
        expect(second).not.toBe(first);
        expect(await notes.write("leases/one", bytes("late"), first)).toBeUndefined();
        expect(text((await notes.read("leases/one"))?.body)).toBe("2");
      });

      test("of twenty at once one is written, again and again, and no old version comes back", async () => {
        const { notes } = lake;
        let version: string | null = null;
        const write = async (body: string, from: string | null): Promise<Written> => ({
          body,
          version: await notes.write("leases/many", bytes(body), from),
        });
        const stale: (string | null)[] = [];
        for (let round = 0; round < 6; round += 1) {
          const bodies = Array.from({ length: 20 }, (_, index) => `${round}/${index}`);
          const from: string | null = version;
          const written: readonly Written[] = await Promise.all(bodies.map((body) => write(body, from)));
          const [winner, ...others] = written.filter((one) => one.version !== undefined);
          expect(others).toEqual([]);
          stale.push(version);
          version = winner?.version ?? "";
          expect(text((await notes.read("leases/many"))?.body)).toBe(winner?.body);
          for (const old of stale)
            expect(await notes.write("leases/many", bytes("stale"), old)).toBeUndefined();
          expect(text((await notes.read("leases/many"))?.body)).toBe(winner?.body);
        }
      });

      test("are no objects of the lake, and any dataset gives a name", async () => {
        const name = `leases/${encodeNoteName("filmes/ação (1)*~'!")}`;
        await lake.notes.write(name, bytes("x"), null);
        const keys: string[] = [];
        for await (const { key } of lake.list("")) keys.push(key);
        expect(keys).toEqual([]);
        await expect(Promise.resolve().then(() => lake.notes.read("../x"))).rejects.toThrow(
          "is no name for a note",
        );
      });
    });
  });
}

test("a store that refuses the version that stands there is looked at before and after", async () => {
  const world = await startS3World();
  try {
    const { notes } = world.open();
    const version = (await notes.write("leases/one", bytes("1"), null)) ?? "";
    world.server.faults.push({
      when: { operation: "PutObject", key: /leases/ },
      times: 2,
      fault: { kind: "error", status: 412, code: "PreconditionFailed" },
    });
    const second = await notes.write("leases/one", bytes("2"), version);
    expect(await notes.read("leases/one")).toEqual({ body: bytes("2"), version: second });
    expect(world.log.lines.map(({ message }) => message)).toEqual([
      expect.stringContaining("does not honour If-Match"),
    ]);
    expect(await notes.write("leases/one", bytes("late"), version)).toBeUndefined();
    expect(world.server.faults.leftCount).toBe(0);
  } finally {
    await world.close();
  }
});

test.each([{ ignoresConditionalPut: true }, { rejectsConditions: true }])(
  "a store with %o: notes are looked at before and after, and a warning says so",
  async (options) => {
    const world = await startS3World(options);
    try {
      const { notes } = world.open();
      expect(await notes.areGuarded()).toBe(false);
      const first = (await notes.write("leases/one", bytes("1"), null)) ?? "";
      expect(await notes.write("leases/one", bytes("other"), null)).toBeUndefined();
      const second = await notes.write("leases/one", bytes("2"), first);
      expect(await notes.read("leases/one")).toEqual({ body: bytes("2"), version: second });
      expect(await notes.write("leases/one", bytes("late"), first)).toBeUndefined();
      expect(world.log.lines).toHaveLength(1);
    } finally {
      await world.close();
    }
  },
);

/** The names of manifests, now and before 0.2. */
import { expect, test } from "vitest";
import {
  findManifestTemplate,
  isManifestKey,
  nameManifestAsBefore,
  renameManifestKey,
  templateManifestKey,
} from "../../../model/records/manifest-name.ts";

const ORIGIN = { runStamp: "20261123T030000000Z", dagId: "tmdb_ingest", taskId: "movies" };
const NAME = ".manifest-20261123T030000000Z-tmdb_ingest-movies-${seq}.lake";

test.each([
  ["Raw/2026/11/23/movies-${seq}.json", `Raw/2026/11/23/${NAME}`],
  ["movies-${seq}.json", NAME],
])("a manifest stands next to its objects: %s", (key, expected) => {
  expect(templateManifestKey(key, ORIGIN)).toBe(expected);
  expect(findManifestTemplate(expected.replace("${seq}", "12"))).toBe(expected);
});

test.each([
  ["Raw/_manifest-1.json", "Raw/.manifest-1.lake"],
  ["_manifest-1.json", ".manifest-1.lake"],
])("%s has another name now", (before, now) => {
  expect(renameManifestKey(before)).toBe(now);
  expect(nameManifestAsBefore(now)).toBe(before);
  expect([before, now].every(isManifestKey)).toBe(true);
});

test.each(["Raw/movies-1.json", "Raw/a_manifest-1.json", "Raw/.manifest-1.lake", "_manifest-1.json/x.csv"])(
  "%s had no name before that has to change",
  (key) => {
    expect(renameManifestKey(key)).toBeUndefined();
  },
);

test.each(["Raw/movies-1.json", "Raw/x.manifest-1.lake", "_manifest-1/x.json", "manifest-1.lake"])(
  "%s is no manifest",
  (key) => {
    expect(isManifestKey(key)).toBe(false);
    expect(nameManifestAsBefore(key)).toBe(key);
  },
);

/**
 * better-sqlite3 from the function's layer. Lambda unpacks a layer into /opt and names its packages in NODE_PATH, which `import`
 * ignores and `require` reads. Where NODE_PATH does not name the layer, it is looked for where it was unpacked relative to
 * the function: `opt/nodejs` or `nodejs` in one of the folders above.
 */
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const NAME = "better-sqlite3";

function listPlaces() {
  const places = [];
  for (let folder = dirname(fileURLToPath(import.meta.url)); ; folder = dirname(folder)) {
    places.push(join(folder, "opt/nodejs/node_modules"), join(folder, "nodejs/node_modules"));
    if (folder === dirname(folder)) return places.filter((place) => existsSync(join(place, NAME)));
  }
}

function load() {
  const require = createRequire(import.meta.url);
  try {
    return require(NAME);
  } catch (error) {
    if (error.code !== "MODULE_NOT_FOUND" || !error.message.includes(`'${NAME}'`)) throw error;
    const [place] = listPlaces();
    if (place !== undefined) return require(join(place, NAME));
    throw new Error(
      "The layer with better-sqlite3 is missing: attach dist/lambda/layer.zip to the function.",
      {
        cause: error,
      },
    );
  }
}

// oxlint-disable-next-line import/no-default-export -- it stands for a package that has one
export default load();

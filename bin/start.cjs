/** Loads the program; dagmar.cjs has checked that this Node can. */
"use strict";

import("../dist/cli/main.js").catch((error) => {
  if (error.code === "ERR_MODULE_NOT_FOUND" && /dist.cli.main\.js'/.test(error.message)) {
    console.error("dagmar: the program is not built yet. Run `npm ci && npm run build` in its folder.");
    process.exit(78);
  }
  throw error;
});

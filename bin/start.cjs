/** Loads the program; dagmar.cjs has checked that this Node can. */
"use strict";

import("../dist/cli/main.js").catch((error) => {
  if (error.code === "ERR_MODULE_NOT_FOUND" && /dist.cli.main\.js'/.test(error.message)) {
    console.error("dagmar: the program is not built yet. Run `npm ci && npm run build` in its folder.");
    process.exit(78);
  }
  // The program explains this itself once it is loaded: see model/system-fault.ts.
  if (error.code === "EMFILE" || error.code === "ENFILE") {
    console.error(
      `dagmar: The program cannot be loaded, because a limit of open files is reached (${error.code}).\n  Raise the limit: \`ulimit -n 4096\` in the shell that starts it, LimitNOFILE= in a systemd unit.`,
    );
    process.exit(75);
  }
  throw error;
});

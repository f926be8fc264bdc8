/** `dagmar web`: pages and API without the scheduler's loop. */
import type { Command } from "../command.ts";

export const web: Command = {
  name: "web",
  summary: "serve the pages and the API without a scheduler, or next to one, until SIGTERM",
  examples: ["dagmar web", "DAGMAR_HTTP=127.0.0.1:8794 dagmar web"],
  async run({ drain }) {
    const { withApp } = await import("../open-app.ts");
    const { serveWeb } = await import("../../app/service/serve-web.ts");
    const { openWebFace } = await import("../open-web-face.ts");
    return withApp((app) => serveWeb(app, openWebFace(app), drain));
  },
};

/** The route of a request to the API. Each page has the stream open; all other routes, with their schemas, are loaded at the first request for one. */
import { createFinder, type FindRoute } from "../server/find-route.ts";
import { getStream } from "./own/stream.ts";
import type { Route } from "./route.ts";

const findStream = createFinder<Route>([getStream]);

let findAny: FindRoute<Route> | undefined;

export async function loadFinder(path: string): Promise<FindRoute<Route>> {
  if (path === getStream.path) return findStream;
  if (findAny === undefined) {
    const { ROUTES } = await import("./routes.ts");
    findAny = createFinder(ROUTES);
  }
  return findAny;
}

/** Finds the route of a path. Literal segments go before parameters, so that the order of the table has no meaning. */

/** A method and a path with parameters, such as `/dags/{dag_id}`. */
export interface RoutePath {
  readonly method: string;
  readonly path: string;
}

export type Found<Route extends RoutePath> =
  | { readonly kind: "route"; readonly route: Route; readonly params: Readonly<Record<string, string>> }
  /** The path exists with other methods. */
  | { readonly kind: "method"; readonly allowed: readonly string[] }
  | { readonly kind: "nothing" };

interface Pattern<Route extends RoutePath> {
  readonly route: Route;
  readonly segments: readonly string[];
}

export type FindRoute<Route extends RoutePath> = (method: string, path: string) => Found<Route>;

export function createFinder<Route extends RoutePath>(routes: readonly Route[]): FindRoute<Route> {
  const patterns: readonly Pattern<Route>[] = routes
    .map((route) => ({ route, segments: route.path.split("/") }))
    .toSorted((a, b) => countParameters(a) - countParameters(b));
  return (method, path) => {
    const segments = path.split("/").map(decode);
    const matches = patterns.flatMap(({ route, segments: pattern }) => {
      const params = match(pattern, segments);
      return params === undefined ? [] : [{ route, params }];
    });
    const [first] = matches;
    if (first === undefined) return { kind: "nothing" };
    // A literal path is not another one with a parameter, whatever the methods of either.
    const ofPath = matches.filter(({ route }) => route.path === first.route.path);
    const found = ofPath.find(({ route }) => route.method === method);
    if (found !== undefined) return { kind: "route", ...found };
    return { kind: "method", allowed: ofPath.map(({ route }) => route.method) };
  };
}

function countParameters({ segments }: { readonly segments: readonly string[] }): number {
  return segments.filter(isParameter).length;
}

function isParameter(segment: string): boolean {
  return segment.startsWith("{");
}

function match(
  pattern: readonly string[],
  segments: readonly (string | undefined)[],
): Readonly<Record<string, string>> | undefined {
  if (pattern.length !== segments.length) return undefined;
  const params: Record<string, string> = {};
  for (const [index, expected] of pattern.entries()) {
    const segment = segments[index];
    if (segment === undefined) return undefined;
    if (!isParameter(expected)) {
      if (segment !== expected) return undefined;
    } else if (segment === "") {
      return undefined;
    } else {
      params[expected.slice(1, -1)] = segment;
    }
  }
  return params;
}

/** `undefined` for a segment that is not valid percent-encoding. */
function decode(segment: string): string | undefined {
  try {
    return decodeURIComponent(segment);
  } catch {
    return undefined;
  }
}

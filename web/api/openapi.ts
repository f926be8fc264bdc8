/** The OpenAPI 3.1 document, made from the routes and their schemas. */
import { z } from "zod";
import {
  GUARD_ANSWERS,
  GUARD_RESPONSES,
  SECURITY,
  SECURITY_SCHEMES,
  SIGN_IN,
  type Document,
  type Json,
} from "./openapi-access.ts";
import { problemSchema } from "./problem.ts";
import { isWrite, type Route } from "./route.ts";

export function writeOpenApi(routes: readonly Route[], version: string): Document {
  const paths: Record<string, Document> = {};
  for (const route of routes) {
    paths[route.path] = { ...paths[route.path], [route.method.toLowerCase()]: writeOperation(route) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Dagmar",
      version,
      description:
        "/api/v2 has the names and shapes of Airflow's stable REST API; /api/dagmar is Dagmar's own. " +
        "Instants are ISO 8601 in UTC.",
    },
    security: SECURITY,
    paths: { ...paths, ...SIGN_IN },
    components: {
      schemas: { Problem: writeSchema(problemSchema) },
      securitySchemes: SECURITY_SCHEMES,
      responses: GUARD_RESPONSES,
    },
  };
}

function writeOperation(route: Route): Document {
  const parameters = [
    ...Object.entries(route.params).map(([name, schema]) => writeParameter("path", name, schema)),
    ...Object.entries(route.search).map(([name, schema]) => writeParameter("query", name, schema)),
    ...(isWrite(route) ? [IDEMPOTENCY_KEY] : []),
  ];
  return {
    operationId: route.operationId,
    tags: [route.tag],
    summary: route.summary,
    ...(parameters.length === 0 ? {} : { parameters }),
    ...(route.method === "GET" ? {} : { requestBody: writeBody(route.body) }),
    responses: {
      "200": {
        description: "The answer.",
        content: { [route.answerType ?? "application/json"]: { schema: writeSchema(route.answer) } },
      },
      ...GUARD_ANSWERS,
      default: {
        description: "A refusal or a fault.",
        content: { "application/problem+json": { schema: { $ref: "#/components/schemas/Problem" } } },
      },
    },
  };
}

const IDEMPOTENCY_KEY: Json = {
  name: "Idempotency-Key",
  in: "header",
  description: "For 24 hours the same key and body have one effect and one answer.",
  schema: { type: "string", pattern: "^[!-~]{1,255}$" },
};

function writeBody(schema: z.ZodType): Json {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "input" });
  return { content: { "application/json": { schema: rest as Document } } };
}

function writeParameter(place: "path" | "query", name: string, schema: z.ZodType): Json {
  const { description, ...rest } = writeSchema(schema);
  return {
    name,
    in: place,
    ...(place === "path" ? { required: true } : {}),
    ...(typeof description === "string" ? { description } : {}),
    schema: rest,
  };
}

/** JSON Schema 2020-12, as OpenAPI 3.1 takes it. */
function writeSchema(schema: z.ZodType): Document {
  const { $schema: _, ...rest } = z.toJSONSchema(schema, { io: "output" });
  return rest as Document;
}

/** The made-up task type `weather-to-lake`: stores what a service says of a set of stations, through the record protocol. */
import { z } from "zod";
import { openRecordSink } from "../../../lake/protocol/record-sink.ts";
import { TaskFailure } from "../../../model/errors.ts";
import { failpoint } from "../../../model/failpoint.ts";
import { readSetting } from "../../../model/ports/task-declaration.ts";
import type { TaskPorts } from "../../../model/ports/task-ports.ts";
import type { TaskContext, TaskOutput, TaskType } from "../../../model/ports/task-type.ts";
import { readWritten } from "../../../tasks/options.ts";
import type { TaskTools } from "../../../tasks/registry.ts";
import { ADDRESS, KEY } from "./declare.ts";

const optionsSchema = z.strictObject({
  dataset: z.string().describe("Name of the records."),
  key: z.string().describe("Key of each object."),
  units: z.enum(["metric", "imperial"]).describe("In what is measured."),
});
type WeatherOptions = z.infer<typeof optionsSchema>;

export function createWeatherToLake({ values }: TaskTools): TaskType<WeatherOptions, TaskPorts> {
  const address = readSetting(values, ADDRESS);
  const key = readSetting(values, KEY);
  return {
    type: "weather-to-lake",
    summary: "Stores the weather at stations.",
    options: optionsSchema,
    ownTemplateNames: ["seq"],
    outputNames: ["stored"],
    writes: (options) => ({
      dataset: readWritten(options, "dataset"),
      key: readWritten(options, "key"),
      many: true,
    }),
    reads: () => [],
    exclusiveKey: (options) => `records:${readWritten(options, "dataset")}`,
    assertConfigured() {
      if (key === undefined)
        throw new TaskFailure("WEATHER_UNKNOWN_STATION", "The weather service needs WEATHER_KEY.", false);
    },
    describeOutput: ({ stored }) => `${Number(stored)} stations`,
    run: (context) => ingest(context, address),
  };
}

async function ingest(context: TaskContext<WeatherOptions, TaskPorts>, address: string): Promise<TaskOutput> {
  const { lake, state, options, outputs, run, taskId, signal, clock } = context;
  const { objects, events, batches } = state;
  failpoint("weather.before");
  const ask = await batches.openAsk({
    lakeId: lake.id,
    question: { dataset: options.dataset, source: { address }, facets: { units: options.units } },
    run,
    taskId,
    candidateSetId: Number(outputs["stations"]?.["candidate_set"]),
    keyTemplate: options.key,
    limit: null,
    source: {},
  });
  const learn = () => Promise.resolve();
  const sink = openRecordSink(
    { lake, objects, batches, events, run, taskId, signal, learn },
    ask,
    options.dataset,
  );
  await sink.recover();
  const { logicalDate, runStamp, refetchGeneration } = run;
  const policy = {
    logicalDate,
    runStamp,
    refetchGeneration,
    recheckAfterSeconds: 0,
    refreshAfterSeconds: null,
  };
  const planned = await batches.plan(ask, policy);
  for (let index = 0; index < planned.size; index += 1) {
    const { askedId = "", generation = "" } = (await planned.at(index)) ?? {};
    await sink.add({
      askId: ask.askId,
      generation,
      askedId,
      structure: "weather",
      body: Buffer.from(JSON.stringify({ station: askedId, degrees: 21 })),
      facts: { sensor: `sensor-${askedId}` },
      fetchedAt: clock.now().toISOString(),
    });
  }
  await sink.finish();
  return { stored: planned.size };
}

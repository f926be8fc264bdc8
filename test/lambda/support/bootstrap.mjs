/** What Lambda's runtime does with a Node function: takes events from the Runtime API one at a time, and posts what the handler gives. */
const api = `http://${process.env.AWS_LAMBDA_RUNTIME_API}/2018-06-01/runtime`;

async function post(path, body) {
  await fetch(`${api}/${path}`, { method: "POST", body: JSON.stringify(body) });
}

function describeError(error) {
  return { errorType: error?.name ?? "Error", errorMessage: String(error?.message ?? error), trace: [] };
}

let handler;
try {
  ({ handler } = await import(process.env.TEST_HANDLER));
} catch (error) {
  await post("init/error", describeError(error));
  process.exit(1);
}
for (;;) {
  const next = await fetch(`${api}/invocation/next`);
  const awsRequestId = next.headers.get("lambda-runtime-aws-request-id");
  const deadlineMs = Number(next.headers.get("lambda-runtime-deadline-ms"));
  const context = { awsRequestId, getRemainingTimeInMillis: () => deadlineMs - Date.now() };
  const event = await next.json();
  try {
    await post(`invocation/${awsRequestId}/response`, await handler(event, context));
  } catch (error) {
    await post(`invocation/${awsRequestId}/error`, describeError(error));
  }
}

// Submits a document and waits for the result: Node 18 or later, no packages.
//
//     export CHANCERY_API_URL=http://127.0.0.1:8080 CHANCERY_API_KEY=chy_...
//     node submit.mjs notice.txt
import { randomUUID } from "node:crypto";
import { readFile } from "node:fs/promises";
import { basename } from "node:path";

const { CHANCERY_API_URL: api, CHANCERY_API_KEY: key } = process.env;
const ENDED = new Set(["succeeded", "failed", "cancelled", "expired"]);

async function call(path, options = {}) {
  const headers = { authorization: `Bearer ${key}`, ...options.headers };
  const response = await fetch(api + path, { ...options, headers });
  const body = await response.json();
  if (!response.ok) throw new Error(`${response.status} ${body.error?.message ?? body.detail}`);
  return body;
}

const [path] = process.argv.slice(2);
const form = new FormData();
form.append("job", new Blob([JSON.stringify({ task: "summarize" })], { type: "application/json" }));
form.append("file", new Blob([await readFile(path)]), basename(path));
// With this key the request can be repeated when no answer came.
const headers = { "idempotency-key": randomUUID() };
let job = await call("/v1/jobs", { method: "POST", headers, body: form });
console.log("submitted", job.id);
while (!ENDED.has(job.status)) job = await call(`/v1/jobs/${job.id}?wait=30`);
console.log("status", job.status);
console.log("result", JSON.stringify(job.result ?? job.error));

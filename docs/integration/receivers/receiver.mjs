// Receives Chancery's callbacks: Node 18 or later, no packages.
//
//     CHANCERY_CALLBACK_SECRET=whsec_... node receiver.mjs 9000
import { createHmac, timingSafeEqual } from "node:crypto";
import { createServer } from "node:http";

const SECRET = Buffer.from(process.env.CHANCERY_CALLBACK_SECRET.replace(/^whsec_/, ""), "base64");
const TOLERANCE_SECONDS = 300;
const MAX_BYTES = 1024 * 1024;
const seen = new Set(); // keep the ids in your database, in the transaction that stores the event

function isGenuine(id, timestamp, signatures, body) {
  if (!/^\d+$/.test(timestamp)) return false;
  if (Math.abs(Date.now() / 1000 - Number(timestamp)) > TOLERANCE_SECONDS) return false;
  const hmac = createHmac("sha256", SECRET).update(`${id}.${timestamp}.`).update(body);
  const expected = Buffer.from("v1," + hmac.digest("base64"));
  // After a change of the secret there are two signatures.
  return signatures.split(" ").some((each) => {
    const given = Buffer.from(each);
    return given.length === expected.length && timingSafeEqual(given, expected);
  });
}

createServer((request, response) => {
  const parts = [];
  let bytes = 0;
  const answer = (status) => response.writeHead(status, { "content-length": 0 }).end();
  request.on("data", (part) => {
    bytes += part.length;
    if (bytes <= MAX_BYTES) parts.push(part);
  });
  request.on("end", () => {
    const { "webhook-id": id = "", "webhook-timestamp": timestamp = "" } = request.headers;
    const signatures = request.headers["webhook-signature"] ?? "";
    const body = Buffer.concat(parts); // the bytes as received: verify before parsing
    if (request.method !== "POST") return answer(405);
    if (bytes > MAX_BYTES) return answer(413);
    if (!isGenuine(id, timestamp, signatures, body)) return answer(401);
    if (!seen.has(id)) {
      const event = JSON.parse(body.toString("utf8"));
      // Store the event here, and process it after the answer.
      console.log(id, event.type, event.data.id);
      seen.add(id);
    }
    answer(204);
  });
}).listen(Number(process.argv[2]), "127.0.0.1");

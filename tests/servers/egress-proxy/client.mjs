// A program that knows nothing of tokens: node client.mjs URL REQUESTS [1|2]
//
// Sends all requests at once, over HTTP/1.1 or HTTP/2, and prints how often each status came, as JSON.
import http from 'node:http';
import http2 from 'node:http2';

const [, , url, requests, version = '1'] = process.argv;
const headers = { authorization: 'Basic eA==' };

const overHttp1 = () => new Promise((resolve, reject) => {
  http.get(url, { headers }, (answer) => {
    answer.resume().once('end', () => resolve(answer.statusCode)).once('error', reject);
  }).once('error', reject);
});

const session = version === '2' ? http2.connect(new URL(url).origin) : undefined;
const overHttp2 = () => new Promise((resolve, reject) => {
  let status;
  const stream = session.request({ ':path': new URL(url).pathname, ...headers });
  stream.once('response', (head) => { status = head[':status']; });
  stream.resume().once('end', () => resolve(status)).once('error', reject);
});

const send = session ? overHttp2 : overHttp1;
const statuses = {};
for (const status of await Promise.all(Array.from({ length: Number(requests) }, send))) {
  statuses[status] = (statuses[status] ?? 0) + 1;
}
session?.close();
console.log(JSON.stringify(statuses));

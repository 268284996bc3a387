// Async HTTP API: POST starts the work and answers 202 with an address; GET there says 202 until the work is done.
import assert from 'node:assert/strict';
import { once } from 'node:events';
import { createServer } from 'node:http';
import { OrchestrationStatus } from '@microsoft/durabletask-js';
import { runSample, until } from './sample.mjs';

const activities = {
  makeReport: (context, month) => `Report of ${month}`,
};

async function* report(context, month) {
  yield context.createTimer(0.5);
  return yield context.callActivity('makeReport', month);
}

async function answer(client, request, response) {
  const url = new URL(request.url, 'http://localhost');
  if (request.method === 'POST') {
    const id = await client.scheduleNewOrchestration('report', url.searchParams.get('month'));
    return response.writeHead(202, { location: `/reports/${id}` }).end();
  }
  const state = await client.getOrchestrationState(url.pathname.split('/').at(-1), true);
  if (state === undefined) return response.writeHead(404).end();
  switch (state.runtimeStatus) {
    case OrchestrationStatus.COMPLETED:
      return response.writeHead(200).end(state.serializedOutput);
    case OrchestrationStatus.FAILED:
    case OrchestrationStatus.TERMINATED:
      return response.writeHead(500).end();
    default:
      return response.writeHead(202, { location: url.pathname, 'retry-after': '1' }).end();
  }
}

await runSample({ orchestrators: { report }, activities }, async (client) => {
  const server = createServer((request, response) => {
    answer(client, request, response).catch(() => response.writeHead(500).end());
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const base = `http://127.0.0.1:${server.address().port}`;
  try {
    const accepted = await fetch(`${base}/reports?month=May`, { method: 'POST' });
    assert.equal(accepted.status, 202);
    const address = base + accepted.headers.get('location');
    assert.equal((await fetch(address)).status, 202);

    const done = await until(async () => {
      const response = await fetch(address);
      return response.status === 202 ? undefined : response;
    });
    const output = await done.json();
    console.log(`${done.status}: ${output}`);
    assert.equal(done.status, 200);
    assert.equal(output, 'Report of May');
  } finally {
    server.closeAllConnections();
    server.close();
  }
});

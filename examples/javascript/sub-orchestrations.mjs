// Sub-orchestrations: an orchestration made of others, each with a history of its own.
import assert from 'node:assert/strict';
import { whenAll } from '@microsoft/durabletask-js';
import { outputOf, runSample } from './sample.mjs';

const activities = {
  install: (context, device) => `${device} installed`,
  verify: (context, device) => `${device} verified`,
};

async function* setUpDevice(context, device) {
  yield context.callActivity('install', device);
  return yield context.callActivity('verify', device);
}

async function* setUpSite(context, devices) {
  return yield whenAll(devices.map((device) => context.callSubOrchestrator('setUpDevice', device)));
}

await runSample({ orchestrators: { setUpDevice, setUpSite }, activities }, async (client) => {
  const id = await client.scheduleNewOrchestration('setUpSite', ['lamp', 'door']);
  const output = await outputOf(client, id);
  console.log(output.join(', '));
  assert.deepEqual(output, ['lamp verified', 'door verified']);
});

// What every sample shares: one worker, one client, and the end of both.
import { NoOpLogger, TaskHubGrpcClient, TaskHubGrpcWorker } from '@microsoft/durabletask-js';

const connection = {
  hostAddress: process.env.PERDURA_ENDPOINT ?? 'localhost:8080',
  logger: new NoOpLogger(),
};

/** Longer than any sample takes; a wait that reaches it has failed. */
const DEADLINE_SECONDS = 60;

/**
 * Starts a worker that takes these orchestrators, activities and entities, and no others: samples don't disturb other
 * workers of the task hub.
 */
export async function startWorker({ orchestrators = {}, activities = {}, entities = {}, ...options }) {
  const worker = new TaskHubGrpcWorker({ ...connection, workItemFilters: 'auto', ...options });
  for (const [name, orchestrator] of Object.entries(orchestrators)) {
    worker.addNamedOrchestrator(name, orchestrator);
  }
  for (const [name, activity] of Object.entries(activities)) worker.addNamedActivity(name, activity);
  for (const [name, Entity] of Object.entries(entities)) worker.addNamedEntity(name, () => new Entity());
  await worker.start();
  return worker;
}

/** Runs a sample with a client, and with a worker of the parts unless there are none. */
export async function runSample(parts, sample) {
  const client = new TaskHubGrpcClient(connection);
  const worker = parts && (await startWorker(parts));
  try {
    await sample(client);
  } finally {
    await worker?.stop();
    await client.stop();
  }
}

/** Waits for the end of an instance and gives its output; throws when it has failed. */
export async function outputOf(client, id) {
  const state = await client.waitForOrchestrationCompletion(id, true, DEADLINE_SECONDS);
  state.raiseIfFailed();
  return JSON.parse(state.serializedOutput ?? 'null');
}

/** Asks until the answer is not undefined. */
export async function until(ask) {
  const deadline = Date.now() + DEADLINE_SECONDS * 1000;
  for (;;) {
    const answer = await ask();
    if (answer !== undefined) return answer;
    if (Date.now() > deadline) throw new Error('It never happened.');
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

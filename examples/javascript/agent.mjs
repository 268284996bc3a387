// AI agent: a model says which tool to use next until it has an answer. Each call of the model and of a tool is an
// activity, so a crash repeats no finished call. The model here is a stand-in; put a real one in its place.
import assert from 'node:assert/strict';
import { outputOf, runSample } from './sample.mjs';

const MAX_STEPS = 10;
const calls = { model: 0, tools: 0 };

function askModel(context, conversation) {
  calls.model += 1;
  const said = conversation.filter(({ role }) => role === 'tool').map(({ text }) => text);
  if (said.length === 0) return { tool: 'weather', input: 'Oslo' };
  if (said.length === 1) return { tool: 'packingList', input: said[0] };
  return { answer: `It is ${said[0]} in Oslo. Take ${said[1]}.` };
}

const tools = {
  weather: () => 'rainy',
  packingList: (context, weather) => (weather === 'rainy' ? 'an umbrella' : 'sunglasses'),
};

function counted(tool) {
  return (context, input) => {
    calls.tools += 1;
    return tool(context, input);
  };
}

const activities = {
  askModel,
  weather: counted(tools.weather),
  packingList: counted(tools.packingList),
};

async function* agent(context, question) {
  const conversation = [{ role: 'user', text: question }];
  for (let step = 0; step < MAX_STEPS; step++) {
    const { answer, tool, input } = yield context.callActivity('askModel', conversation);
    if (answer !== undefined) return answer;
    const text = yield context.callActivity(tool, input);
    conversation.push({ role: 'tool', text });
  }
  throw new Error(`no answer in ${MAX_STEPS} steps`);
}

await runSample({ orchestrators: { agent }, activities }, async (client) => {
  const question = 'What do I need for a day in Oslo?';
  const output = await outputOf(client, await client.scheduleNewOrchestration('agent', question));
  console.log(output);
  assert.equal(output, 'It is rainy in Oslo. Take an umbrella.');
  assert.deepEqual(calls, { model: 3, tools: 2 });
});

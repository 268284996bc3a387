import { expect, test } from 'vitest';
import { instanceState, startedMessage, toolsAt } from '../../test/helpers/factories.ts';
import { Resident } from '../dispatch/resident.ts';
import { WorkerStreams } from '../dispatch/streams.ts';
import { WorkClasses } from '../dispatch/work-class.ts';
import { buildTurn } from '../domain/turn.ts';
import { codec } from '../protocol/codec.ts';
import { frameAll, PAST } from '../protocol/framing.ts';
import { createMetrics } from '../telemetry/metrics.ts';
import { startedEventOf } from './started-event.ts';

const classes = new WorkClasses<Resident>(new WorkerStreams(createMetrics('test')));
const { now } = toolsAt();

function resident(history: readonly Buffer[]): Resident {
  return new Resident(instanceState(), history, classes.of(1, 'orchestration', 'Order', null));
}

test('in the first turn of an execution, ExecutionStarted is in the turn itself', () => {
  const started = startedMessage();
  const turn = buildTurn(instanceState({ turn: 0, status: 'pending' }), [started], { now, codec });
  expect(startedEventOf(resident([]), turn)).toEqual(started.event);
});

test('in later turns, it is the second event of the execution’s history', () => {
  const { event } = startedMessage({ name: 'Remembered' });
  const begin = codec.encodeEvent({ eventId: -1, timestamp: now, orchestratorStarted: {} });
  const rows = [frameAll([begin, event], PAST), frameAll([begin], PAST)];
  const turn = buildTurn(instanceState(), [], { now, codec });
  expect(startedEventOf(resident(rows), turn)).toEqual(event);
});

test('a running execution without it is a bug', () => {
  const turn = buildTurn(instanceState(), [], { now, codec });
  expect(() => startedEventOf(resident([]), turn)).toThrow(/history of a running execution/);
});

// Saga: when a step fails, what the earlier steps did is undone, last first.
import assert from 'node:assert/strict';
import { outputOf, runSample } from './sample.mjs';

const log = [];
const activities = {
  bookFlight: () => void log.push('flight booked'),
  cancelFlight: () => void log.push('flight cancelled'),
  bookHotel: () => void log.push('hotel booked'),
  cancelHotel: () => void log.push('hotel cancelled'),
  bookCar: () => {
    throw new Error('no cars left');
  },
};

async function* bookTrip(context) {
  const steps = [
    ['bookFlight', 'cancelFlight'],
    ['bookHotel', 'cancelHotel'],
    ['bookCar', 'cancelCar'],
  ];
  const compensations = [];
  try {
    for (const [book, cancel] of steps) {
      yield context.callActivity(book);
      compensations.unshift(cancel);
    }
    return 'booked';
  } catch {
    for (const cancel of compensations) yield context.callActivity(cancel);
    return 'undone';
  }
}

await runSample({ orchestrators: { bookTrip }, activities }, async (client) => {
  const output = await outputOf(client, await client.scheduleNewOrchestration('bookTrip'));
  console.log(`${output}: ${log.join(', ')}`);
  assert.equal(output, 'undone');
  assert.deepEqual(log, ['flight booked', 'hotel booked', 'hotel cancelled', 'flight cancelled']);
});

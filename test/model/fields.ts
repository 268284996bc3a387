// What random calls are made of.

import * as fc from 'fast-check';
import { type OrchestrationStatus } from '../../src/protocol/messages.ts';
import { type Index } from './calls.ts';

export const often = <T>(arbitrary: fc.Arbitrary<T>, weight: number): fc.WeightedArbitrary<T> => ({
  arbitrary,
  weight,
});
export const rarely = fc.nat(9).map((n) => n === 9);
export const usually = fc.nat(9).map((n) => n !== 9);

export const index = fc.constantFrom<Index>(0, 1);
export const target = fc.nat(11);
export const pick = fc.nat(7);
export const version = fc.constantFrom(null, null, '', '1', '2');
export const payload = fc.constantFrom(null, '', '""', '{"n":1}', '"äöü 🚀"');
export const hub = fc.oneof(often(fc.constant<Index>(0), 3), often(fc.constant<Index>(1), 2));

export const statuses: readonly OrchestrationStatus[] = [
  'ORCHESTRATION_STATUS_RUNNING',
  'ORCHESTRATION_STATUS_COMPLETED',
  'ORCHESTRATION_STATUS_FAILED',
  'ORCHESTRATION_STATUS_CANCELED',
  'ORCHESTRATION_STATUS_TERMINATED',
  'ORCHESTRATION_STATUS_PENDING',
  'ORCHESTRATION_STATUS_SUSPENDED',
];

import { type InstanceKind, type InstanceStatus } from '../domain/instance.ts';
import { type MessageKind, messageKinds } from '../domain/message.ts';
import { must } from '../lib/assert.ts';

/** Stored numbers of statuses: those of the wire's OrchestrationStatus. SQL knows the living ones as (0, 6, 7). */
export const statusCodes: Readonly<Record<InstanceStatus, number>> = {
  running: 0,
  completed: 1,
  failed: 3,
  terminated: 5,
  pending: 6,
  suspended: 7,
};
const statuses = new Map(Object.entries(statusCodes).map(([name, code]) => [code, name as InstanceStatus]));

export function statusOf(code: number): InstanceStatus {
  return must(statuses.get(code), `status ${code}`);
}

export function kindCode(kind: InstanceKind): number {
  return kind === 'entity' ? 1 : 0;
}

export function kindOf(code: number): InstanceKind {
  return code === 1 ? 'entity' : 'orchestration';
}

const messageKindNames = new Map(
  Object.entries(messageKinds).map(([name, code]) => [code as number, name as MessageKind]),
);

/** 'unknown' is what a newer replica wrote. */
export function messageKindOf(code: number): MessageKind | 'unknown' {
  return messageKindNames.get(code) ?? 'unknown';
}

import { isTerminal } from '../../domain/instance.ts';
import { type OrchestrationState } from '../../protocol/messages.ts';
import { statusText } from '../message-json.ts';
import { styled } from '../output.ts';

const colours = {
  COMPLETED: 'green',
  FAILED: 'red',
  TERMINATED: 'red',
  SUSPENDED: 'yellow',
  RUNNING: 'cyan',
  PENDING: 'dim',
} as const;

/** Such as `RUNNING`. */
export function statusOf({ orchestrationStatus }: OrchestrationState): string {
  return statusText(orchestrationStatus);
}

export function isEnded(status: string): boolean {
  return isTerminal(status.toLowerCase() as Parameters<typeof isTerminal>[0]);
}

/** Adds the colour of a status to a text that stands for it. */
export function styledStatus(text: string, status: string): string {
  return status in colours ? styled(colours[status as keyof typeof colours], text) : text;
}

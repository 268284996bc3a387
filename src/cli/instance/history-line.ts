import { type HistoryEvent } from '../../protocol/generated/HistoryEvent.ts';
import { type TaskFailureDetails } from '../../protocol/generated/TaskFailureDetails.ts';
import { type Timestamp } from '../../protocol/messages.ts';
import { statusText } from '../message-json.ts';
import { showTime } from '../moments.ts';
import { cutEnd, escapeText, padEnd } from '../text.ts';

/** Of a line that is not for a terminal. */
const WIDTH = 300;
const SEQUENCE_WIDTH = 5;
/** Without the year. */
const TIME_WIDTH = '08-31 14:05:09.123'.length;
const TYPE_WIDTH = 'OrchestratorStarted'.length;

/** What events have in common, by the names of the protocol. */
interface Details {
  readonly taskScheduledId?: number;
  readonly timerId?: number;
  readonly name?: string;
  readonly operation?: string;
  readonly instanceId?: string;
  readonly targetInstanceId?: Text;
  readonly fireAt?: Timestamp | null;
  readonly orchestrationStatus?: string;
  readonly failureDetails?: TaskFailureDetails | null;
  readonly input?: Text;
  readonly result?: Text;
  readonly output?: Text;
  readonly data?: Text;
  readonly reason?: Text;
}
type Text = { readonly value: string } | null;

export function historyTitles(): string {
  return line('#', 'TIME (UTC)', 'EVENT', '');
}

/** An event in one line, as wide as the terminal at most. */
export function historyLine(sequence: number, event: HistoryEvent, width = WIDTH): string {
  const { eventType, timestamp } = event;
  const type = eventType === undefined ? '?' : `${eventType.charAt(0).toUpperCase()}${eventType.slice(1)}`;
  const time = timestamp ? showTime(timestamp).slice('2026-'.length, -'Z'.length) : '';
  const details = (eventType && event[eventType]) ?? {};
  // Nothing refers to these by their ids.
  const isAlone = eventType === 'executionStarted' || eventType === 'executionCompleted';
  const id = isAlone ? -1 : event.eventId;
  return cutEnd(line(String(sequence), time, type, escapeText(partsOf(id, details, width))), width);
}

function line(sequence: string, time: string, type: string, rest: string): string {
  return `${sequence.padStart(SEQUENCE_WIDTH)}  ${padEnd(time, TIME_WIDTH)}  ${padEnd(type, TYPE_WIDTH)}  ${rest}`.trimEnd();
}

/** Ids and names first, then what it carries. Nothing that can't be seen anyway is looked at. */
function partsOf(eventId: number, details: Details, width: number): string {
  const { name, operation, instanceId, targetInstanceId, fireAt, failureDetails: failure } = details;
  const id = details.taskScheduledId ?? details.timerId ?? eventId;
  const parts = [
    ...[id < 0 ? '' : `#${id}`, name, operation, instanceId, targetInstanceId?.value],
    ...[fireAt && showTime(fireAt), details.orchestrationStatus && statusText(details.orchestrationStatus)],
    ...[failure && `${failure.errorType}: ${failure.errorMessage}`, payloadOf(details)],
  ];
  return parts
    .map((part) => part?.slice(0, width))
    .filter((part) => part)
    .join('  ');
}

function payloadOf({ input, result, output, data, reason }: Details): string | undefined {
  return (input ?? result ?? output ?? data ?? reason)?.value;
}

import { type OrchestrationState, type Timestamp } from '../../protocol/messages.ts';
import { type TaskFailureDetails } from '../../protocol/generated/TaskFailureDetails.ts';
import { showAge, showSpan, showTime, toMs } from '../moments.ts';
import { styled } from '../output.ts';
import { cutEnd, escapeText, padEnd } from '../text.ts';
import { statusOf, styledStatus } from './status.ts';

const LABEL_WIDTH = 15;
/** How much of a text is shown unless all of it is wanted. */
const SHORT_LINES = 3;
const SHORT_WIDTH = 300;

export interface SheetOptions {
  readonly now: number;
  /** With input, output and stack traces. */
  readonly isFull: boolean;
}

/** Everything that clients may know about an instance, for a person. */
export function instanceSheet(state: OrchestrationState, { now, isFull }: SheetOptions): string {
  const { name, version, tags, failureDetails: failure } = state;
  const status = statusOf(state);
  const short = (text: string | undefined): string[] => (text === undefined ? [] : linesOf(text, isFull));
  const rows: readonly (readonly [label: string, lines: readonly string[]])[] = [
    ['Instance', short(state.instanceId)],
    ['Name', [escapeText(version ? `${name}, version ${quoteEmpty(version.value)}` : name)]],
    ['Status', [styledStatus(status, status)]],
    ['Scheduled', momentLines(state.scheduledStartTimestamp, now)],
    ['Created', momentLines(state.createdTimestamp, now)],
    ['Updated', momentLines(state.lastUpdatedTimestamp, now)],
    ['Completed', completedLines(state, now)],
    ['Execution', short(state.executionId?.value)],
    ['Parent', short(state.parentInstanceId?.value)],
    ['Tags', Object.entries(tags).map(([key, value]) => escapeText(`${key}=${value}`))],
    ['Custom status', short(state.customStatus?.value)],
    ['Failure', failure ? failureLines(failure, isFull) : []],
    ['Input', short(state.input?.value)],
    ['Output', short(state.output?.value)],
  ];
  return rows.map(([label, lines]) => row(label, lines)).join('');
}

function row(label: string, lines: readonly string[]): string {
  return lines.map((line, at) => `${padEnd(at === 0 ? label : '', LABEL_WIDTH)}${line}\n`).join('');
}

function quoteEmpty(version: string): string {
  return version === '' ? '""' : version;
}

function momentLines(time: Timestamp | null, now: number): string[] {
  return time ? [`${showTime(time)}  (${showAge(time, now)})`] : [];
}

function completedLines(
  { createdTimestamp: from, completedTimestamp: to }: OrchestrationState,
  now: number,
): string[] {
  const took = from && to ? `, ${showSpan(toMs(to) - toMs(from))} after it was created` : '';
  return momentLines(to, now).map((line) => line.replace(/\)$/, `${took})`));
}

function failureLines(failure: TaskFailureDetails, isFull: boolean): string[] {
  const { errorType, errorMessage, stackTrace, innerFailure, isNonRetriable } = failure;
  const title = errorType === '' ? errorMessage : `${errorType}: ${errorMessage}`;
  const trace = isFull && stackTrace ? linesOf(withoutStart(stackTrace.value, title), true) : [];
  return [
    ...linesOf(title, isFull),
    ...(isNonRetriable ? ['(not to be tried again)'] : []),
    ...trace.map((line) => styled('dim', `  ${line}`)),
    ...(innerFailure
      ? failureLines(innerFailure, isFull).map((line, at) => `${at === 0 ? 'caused by ' : '  '}${line}`)
      : []),
  ];
}

/** Some languages begin a stack trace with what has been said already. */
function withoutStart(trace: string, start: string): string {
  return (trace.startsWith(start) ? trace.slice(start.length) : trace).replace(/^[\r\n]+|\s+$/g, '');
}

/** Line breaks stay, whatever else would steer the terminal is escaped. */
function linesOf(text: string, isFull: boolean): string[] {
  const lines = text.split(/\r?\n/);
  if (isFull) return lines.map(escapeText);
  const shown = lines.slice(0, SHORT_LINES).map((line) => cutEnd(escapeText(line), SHORT_WIDTH));
  return lines.length > SHORT_LINES ? [...shown, '…'] : shown;
}

// What a server of several processes says to itself: the parent asks and stops its members, each of which is a replica.

import { type Readiness } from '../../telemetry/http.ts';
import { type Snapshot } from '../../telemetry/merged-metrics.ts';

/** What a member can be asked. All of it goes through JSON. */
export interface Answers {
  readonly readiness: Readiness;
  readonly metrics: Snapshot;
}

export type Question = keyof Answers;

export type FromParent = { readonly id: number; readonly question: Question } | 'stop';

export type FromMember =
  /** It serves now. */
  { readonly grpcAddress: string } | { readonly id: number; readonly answer: Answers[Question] };

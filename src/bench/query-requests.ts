import { codec } from '../protocol/codec.ts';
import { prefixed } from './answers.ts';

/** What a page of a list shows. */
const PAGE = 100;

/** A QueryInstancesRequest for a page of what is running, with its prefix. */
export const queryRunning: Buffer = prefixed(
  codec.encode('QueryInstancesRequest', {
    query: { runtimeStatus: ['ORCHESTRATION_STATUS_RUNNING'], maxInstanceCount: PAGE },
  }),
);

/** A ListInstanceIdsRequest for a page of what has ended, with its prefix. */
export const listEnded: Buffer = prefixed(codec.encode('ListInstanceIdsRequest', { pageSize: PAGE }));

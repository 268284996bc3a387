// Original file: protos/orchestrator_service.proto

import type { HistoryEventInput as _HistoryEventInput, HistoryEvent as _HistoryEvent } from './HistoryEvent.ts';

export interface HistoryChunkInput {
  'events'?: (_HistoryEventInput)[];
}

export interface HistoryChunk {
  'events': (_HistoryEvent)[];
}

// Original file: protos/orchestrator_service.proto


export interface EntityLockGrantedEventInput {
  'criticalSectionId'?: (string);
}

export interface EntityLockGrantedEvent {
  'criticalSectionId': (string);
}

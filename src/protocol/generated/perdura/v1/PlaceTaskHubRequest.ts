// Original file: protos/perdura/v1/admin.proto


export interface PlaceTaskHubRequestInput {
  'name'?: (string);
  'store'?: (string);
}

export interface PlaceTaskHubRequest {
  'name': (string);
  'store': (string);
}

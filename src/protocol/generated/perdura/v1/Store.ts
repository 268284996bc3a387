// Original file: protos/perdura/v1/admin.proto


export interface StoreInput {
  'name'?: (string);
  'isServing'?: (boolean);
}

export interface Store {
  'name': (string);
  'isServing': (boolean);
}

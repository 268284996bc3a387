// Original file: null


export interface Int32ValueInput {
  'value'?: (number);
}

export interface Int32Value {
  'value': (number);
}

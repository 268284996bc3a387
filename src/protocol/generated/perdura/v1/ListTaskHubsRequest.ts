// Original file: protos/perdura/v1/admin.proto


export interface ListTaskHubsRequestInput {
}

export interface ListTaskHubsRequest {
}
